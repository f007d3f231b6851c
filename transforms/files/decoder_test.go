package files

import (
	"strings"
	"testing"
	"time"
)

func TestEventsWithADeadlineAfterTheYear9999AreMalformed(t *testing.T) {
	line := []byte(`{"orderId":"o","type":"create","time":"9999-12-31T23:55:00Z"}`)
	if _, err := (Config{}).decoder().JSON(line); err != nil {
		t.Errorf("without a window: %v", err)
	}
	if _, err := (Config{Within: 10 * time.Minute}).decoder().JSON(line); err == nil || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("with a window: got %v, want an error about the deadline", err)
	}
}
