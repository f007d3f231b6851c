package shop

import "math/bits"

// dice is a sequence of random numbers: SplitMix64, whose numbers will never
// change as those of a library may.
type dice uint64

// dice returns the dice of a number. Every number has dice of its own.
func (s *Shop) dice(number int64) dice {
	d := dice(s.seed)
	return dice(d.roll() ^ uint64(number)*0xd1342543de82ef95)
}

// roll returns any number.
func (d *dice) roll() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1. The bias is less than n in 2^64.
func (d *dice) below(n uint64) uint64 {
	hi, _ := bits.Mul64(d.roll(), n)
	return hi
}

// threshold is a share as a whole number: a roll of share() is below it as
// often as the share says.
type threshold uint64

const whole = 1 << 53 // to here every whole number is a float64

func share(of float64) threshold { return threshold(of * whole) }

// share returns a number from 0 to whole-1.
func (d *dice) share() threshold { return threshold(d.roll() >> 11) }
