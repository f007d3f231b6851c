package peers;

import java.time.Duration;
import org.apache.flink.cep.nfa.aftermatch.AfterMatchSkipStrategy;
import org.apache.flink.cep.pattern.Pattern;
import org.apache.flink.cep.pattern.conditions.IterativeCondition;
import org.apache.flink.cep.pattern.conditions.SimpleCondition;

/** The patterns of the comparison, each as one would write it with Flink's API. What ordertimeout is asked stands above it. */
enum Question {
    /** create followedBy pay. */
    TWO(false, Event.CREATE, Event.PAY) {
        @Override
        Pattern<Event, Event> pattern() {
            return first(Event.CREATE, "create").followedBy("pay").where(is(Event.PAY));
        }
    },
    /** every create followedByAny pay. */
    EVERY(false, Event.CREATE, Event.PAY) {
        @Override
        Pattern<Event, Event> pattern() {
            return first(Event.CREATE, "create").followedByAny("pay").where(is(Event.PAY));
        }
    },
    /** every create followedBy fail{2,} followedBy pay. */
    LOOP(false, Event.CREATE, Event.FAIL, Event.PAY) {
        @Override
        Pattern<Event, Event> pattern() {
            return first(Event.CREATE, "create")
                    .followedBy("fail").where(is(Event.FAIL)).timesOrMore(2)
                    .followedBy("pay").where(is(Event.PAY));
        }
    },
    /** every create followedBy (fail followedBy retry)+ followedBy pay. */
    GROUP(false, Event.CREATE, Event.FAIL, Event.RETRY, Event.PAY) {
        @Override
        Pattern<Event, Event> pattern() {
            return first(Event.CREATE, "create")
                    .followedBy(first(Event.FAIL, "fail").followedBy("retry").where(is(Event.RETRY))).oneOrMore()
                    .followedBy("pay").where(is(Event.PAY));
        }
    },
    /** every create notFollowedBy cancel followedBy pay. */
    NEGATION(false, Event.CREATE, Event.CANCEL, Event.PAY) {
        @Override
        Pattern<Event, Event> pattern() {
            return first(Event.CREATE, "create")
                    .notFollowedBy("cancel").where(is(Event.CANCEL))
                    .followedBy("pay").where(is(Event.PAY));
        }
    },
    /** every fail{3} skip past last. */
    SKIP(false, Event.FAIL) {
        @Override
        Pattern<Event, Event> pattern() {
            return Pattern.<Event>begin("fail", AfterMatchSkipStrategy.skipPastLastEvent()).where(is(Event.FAIL)).times(3);
        }
    },
    /** every create followedBy fail+ followedBy pay[sum(fail, .amount) > 800]. */
    SUM(true, Event.CREATE, Event.FAIL, Event.PAY) {
        @Override
        Pattern<Event, Event> pattern() {
            return first(Event.CREATE, "create")
                    .followedBy("fail").where(is(Event.FAIL)).oneOrMore()
                    .followedBy("pay").where(new SumOfFails(800));
        }
    };

    /** Whether the pattern looks at amounts. */
    final boolean amounts;

    private final int types; // a bit for each that a step names

    Question(boolean amounts, byte... types) {
        this.amounts = amounts;
        int bits = 0;
        for (byte type : types) {
            bits |= 1 << type;
        }
        this.types = bits;
    }

    abstract Pattern<Event, Event> pattern();

    /** The pattern with its window. */
    Pattern<Event, Event> within(long ms) {
        return pattern().within(Duration.ofMillis(ms));
    }

    /** Whether a step names the type. Other events change nothing: all patterns are relaxed. */
    boolean names(byte type) {
        return type >= 0 && (types & 1 << type) != 0;
    }

    /** Whether a match is known by its first and its last event, because there are no others. */
    boolean hasTwoEvents() {
        return this == TWO || this == EVERY || this == NEGATION;
    }

    private static Pattern<Event, Event> first(byte type, String name) {
        return Pattern.<Event>begin(name).where(is(type));
    }

    private static SimpleCondition<Event> is(byte type) {
        return SimpleCondition.of(e -> e.type == type);
    }

    /** A payment after failures of more than a sum. */
    private static final class SumOfFails extends IterativeCondition<Event> {
        private final double limit;

        SumOfFails(double limit) {
            this.limit = limit;
        }

        @Override
        public boolean filter(Event event, Context<Event> context) throws Exception {
            if (event.type != Event.PAY) {
                return false;
            }
            double sum = 0;
            for (Event fail : context.getEventsForPattern("fail")) {
                sum += fail.amount;
            }
            return sum > limit;
        }
    }
}
