package beamfix

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/timers"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
)

func init() { beam.RegisterDoFn(&alarmFn{}) }

// alarmFn sets several timers in a bundle.
type alarmFn struct{ Alarm timers.EventTime }

const alarms = 10

func (f *alarmFn) ProcessElement(tp timers.Provider, _ int, _ int, _ func(int)) {
	for i := range alarms {
		f.Alarm.Set(tp, time.UnixMilli(1), timers.WithTag(fmt.Sprint(i)))
	}
}

func (f *alarmFn) OnTimer(_ context.Context, _ beam.EventTime, _ timers.Provider, _ int, _ timers.Context, _ func(int)) {
}

func TestTheSDKSendsAMessageForEachTimer(t *testing.T) {
	var messages atomic.Int64
	runOnPrism(t, func(s beam.Scope) {
		beam.ParDo(s, &alarmFn{timers.InEventTime("alarm")}, beam.ParDo(s, pair, beam.Create(s, 1)))
	}, sending(func(send func(any) error, message any) error {
		e, _ := message.(*fnpb.Elements)
		if all := e.GetTimers(); len(all) > 0 && len(all[0].GetTimers()) > 0 {
			messages.Add(1)
		}
		return send(message)
	}))
	if n := messages.Load(); n != alarms {
		t.Errorf("%d timers of a bundle go in %d messages, want one each: where they are fewer, delete elements.go", alarms, n)
	}
}

func TestForFlinkWantsTheHooks(t *testing.T) {
	if err := ForFlink(); err == nil {
		t.Error("no error without Install")
	}
}
