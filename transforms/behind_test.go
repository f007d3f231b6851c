package transforms

import (
	"fmt"
	"testing"
	"time"
)

// A drain is no time either for what time was behind the watermark by: a payment
// that comes so late is still to be counted, by whoever reads the rest.
func TestDrainOfALiveInputBehindTheWatermarkIsNoTime(t *testing.T) {
	now := time.Now().Truncate(time.Second).UnixMilli()
	w := newWorker(t, newStore())
	w.fn.Config.WallClock, w.fn.Config.WatermarkSlack = true, 10*time.Second
	w.batch(fmt.Sprintf("create@%d o1", now-30_000), fmt.Sprintf("create@%d o2", now-15_000))
	w.want(w.tick(now-20_000), "timeout o1")
	w.want(w.tick(now - 5_000))
}
