package ledger

import "testing"

func TestLaterStepWaitsForTheAcknowledgementOfTheFirst(t *testing.T) {
	play(t, 1, `
		read create 1
		read ship 1
		read pay 1
		done create1 ship1 pay1
		next 1000 create
		want            # while the first request is under way
		fail
		next 1000 create
		ok
		want pay ship
	`).wantEmpty(t)
}

func TestLaterStepWaitsForAFirstThatIsNotDone(t *testing.T) {
	play(t, 1, `
		read creates 2
		read pay 1
		done creates1 pay1
		want            # another order of the first message is open
		done creates2
		want creates | pay
	`).wantEmpty(t)
}

// The first event of a broken run goes before the one that broke it, which opened the
// next run, and that before what its run has taken.
func TestWhatBrokeARunFollowsIt(t *testing.T) {
	play(t, 1, `
		read create 2
		read again 1
		read pay 1
		done create1 again1+
		done again1 pay1
		want            # the first message has another event, which is not done
		done create2
		want create | again | pay
	`).wantEmpty(t)
}

func TestStepsInOneMessageDoNotWait(t *testing.T) {
	play(t, 1, `
		read a 2
		done a1 a2
		want a          # it would wait for itself
	`).wantEmpty(t)
}

func TestChainOfMessagesIsAcknowledgedLinkByLink(t *testing.T) {
	play(t, 1, `
		read a 1
		read b 2
		read c 1
		done b2 c1      # the end first
		done a1 b1
		want a | b | c  # each waits for the one before
	`).wantEmpty(t)
}

func TestCircleOfMessagesIsAcknowledgedInOneRequest(t *testing.T) {
	play(t, 1, `
		read a 3
		read b 2
		read c 1
		done a1 b1      # a before b
		done b2 a2      # b before a
		done a3 c1      # c behind the circle
		want a b | c
	`).wantEmpty(t)
}

// Each consumer has its own order, and together they make a circle.
func TestCircleOfTwoConsumersIsAcknowledgedInOneRequest(t *testing.T) {
	play(t, 2, `
		read a 1
		read b 1
		done a1 b1
		done b1 a1
		want a b
	`).wantEmpty(t)
}

func TestCircleWaitsForWhatComesBeforeIt(t *testing.T) {
	play(t, 1, `
		read first 2
		read a 3
		read b 2
		done first1 a3
		done a1 b1
		done b2 a2
		want            # the first one is not done
		done first2
		want first | a b
	`).wantEmpty(t)
}

func TestCircleWhoseRequestFailedIsSentAsOne(t *testing.T) {
	play(t, 1, `
		read a 2
		read b 2
		done a1 b1
		done b2 a2
		next 1 a b
		fail
		want a b        # again
	`).wantEmpty(t)
}
