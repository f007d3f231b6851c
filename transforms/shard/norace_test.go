//go:build !race

package shard_test

// raceDetector tells that the tests run many times slower than usual.
const raceDetector = false
