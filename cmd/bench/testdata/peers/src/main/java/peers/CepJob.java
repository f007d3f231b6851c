package peers;

import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.cep.CEP;
import org.apache.flink.cep.functions.PatternProcessFunction;
import org.apache.flink.cep.functions.TimedOutPartialMatchHandler;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.util.Collector;

/** Job "cep": a pattern in Flink's own CEP library. */
final class CepJob extends PatternProcessFunction<Event, Outcome> implements TimedOutPartialMatchHandler<Event> {
    private final Question question;
    private final long within;

    private CepJob(Question question, long within) {
        this.question = question;
        this.within = within;
    }

    static SingleOutputStreamOperator<Outcome> detect(
            KeyedStream<Event, Tuple2<String, String>> orders, Question question, long within) {
        return CEP.pattern(orders, question.within(within)).inEventTime()
                .process(new CepJob(question, within), Types.POJO(Outcome.class));
    }

    @Override
    public void processMatch(Map<String, List<Event>> match, Context context, Collector<Outcome> out) {
        Event first = first(match);
        if (question.hasTwoEvents()) {
            out.collect(new Outcome(first.userId, first.orderId, first.time, match.get("pay").get(0).time));
            return;
        }
        StringBuilder taken = new StringBuilder();
        long last = first.time;
        for (Map.Entry<String, List<Event>> step : match.entrySet()) {
            taken.append(step.getKey());
            for (Event event : step.getValue()) {
                taken.append(' ').append(event.time);
                last = Math.max(last, event.time);
            }
            taken.append(';');
        }
        Outcome outcome = new Outcome(first.userId, first.orderId, first.time, last);
        outcome.taken = taken.toString();
        out.collect(outcome);
    }

    @Override
    public void processTimedOutMatch(Map<String, List<Event>> match, Context context) {
        Event first = first(match);
        context.output(Main.TIMEOUTS, new Outcome(first.userId, first.orderId, first.time, first.time + within));
    }

    /** The steps of a match are in the order of the pattern. */
    private static Event first(Map<String, List<Event>> match) {
        return match.values().iterator().next().get(0);
    }
}
