package peers;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.cep.CEP;
import org.apache.flink.cep.functions.PatternProcessFunction;
import org.apache.flink.cep.functions.TimedOutPartialMatchHandler;
import org.apache.flink.cep.pattern.Pattern;
import org.apache.flink.cep.pattern.conditions.SimpleCondition;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.util.Collector;

/** Job "cep": the pattern in Flink's own CEP library. */
final class CepJob extends PatternProcessFunction<Event, Outcome> implements TimedOutPartialMatchHandler<Event> {
    private final long within;

    private CepJob(long within) {
        this.within = within;
    }

    static SingleOutputStreamOperator<Outcome> detect(KeyedStream<Event, Tuple2<String, String>> orders, long within) {
        Pattern<Event, Event> pattern = Pattern.<Event>begin("create").where(SimpleCondition.of(e -> !e.pay))
                .followedBy("pay").where(SimpleCondition.of(e -> e.pay))
                .within(Duration.ofMillis(within));
        return CEP.pattern(orders, pattern).inEventTime().process(new CepJob(within), Types.POJO(Outcome.class));
    }

    @Override
    public void processMatch(Map<String, List<Event>> match, Context context, Collector<Outcome> out) {
        Event create = match.get("create").get(0);
        out.collect(new Outcome(create.userId, create.orderId, create.time, match.get("pay").get(0).time));
    }

    @Override
    public void processTimedOutMatch(Map<String, List<Event>> match, Context context) {
        Event create = match.get("create").get(0);
        context.output(Main.TIMEOUTS, new Outcome(create.userId, create.orderId, create.time, create.time + within));
    }
}
