package peers;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Job "kpf": this one pattern written by hand, as a KeyedProcessFunction with a number and a timer for each order. It is
 * the least that Flink can do for the question, not a general engine.
 */
final class TimerJob extends KeyedProcessFunction<Tuple2<String, String>, Event, Outcome> {
    private final long within;

    /** When the order was created; or -t for a payment at t that came before its create. */
    private transient ValueState<Long> state;

    private TimerJob(long within) {
        this.within = within;
    }

    static SingleOutputStreamOperator<Outcome> detect(KeyedStream<Event, Tuple2<String, String>> orders, long within) {
        return orders.process(new TimerJob(within), Types.POJO(Outcome.class));
    }

    @Override
    public void open(OpenContext context) {
        state = getRuntimeContext().getState(new ValueStateDescriptor<>("order", Types.LONG));
    }

    @Override
    public void processElement(Event event, Context context, Collector<Outcome> out) throws Exception {
        if (event.time <= context.timerService().currentWatermark()) {
            return; // late: dropped, as CEP does
        }
        Long was = state.value();
        if (event.type == Event.PAY) {
            pay(event, was, context, out);
        } else {
            create(event, was, context, out);
        }
    }

    private void create(Event create, Long was, Context context, Collector<Outcome> out) throws Exception {
        if (was != null && was > 0) {
            return; // created again while it is open
        }
        if (was != null) {
            long paid = -was;
            context.timerService().deleteEventTimeTimer(paid);
            if (create.time <= paid && paid < create.time + within) {
                out.collect(new Outcome(create.userId, create.orderId, create.time, paid));
                state.clear();
                return;
            }
        }
        state.update(create.time);
        context.timerService().registerEventTimeTimer(create.time + within);
    }

    private void pay(Event pay, Long was, Context context, Collector<Outcome> out) throws Exception {
        if (was == null) { // its create may still come, until the watermark has passed the payment
            state.update(-pay.time);
            context.timerService().registerEventTimeTimer(pay.time);
        } else if (was > 0 && was <= pay.time && pay.time < was + within) {
            out.collect(new Outcome(pay.userId, pay.orderId, was, pay.time));
            state.clear();
            context.timerService().deleteEventTimeTimer(was + within);
        }
    }

    @Override
    public void onTimer(long time, OnTimerContext context, Collector<Outcome> out) throws Exception {
        Long was = state.value();
        if (was != null && was > 0) {
            Tuple2<String, String> order = context.getCurrentKey();
            context.output(Main.TIMEOUTS, new Outcome(order.f0, order.f1, was, time));
        }
        state.clear();
    }
}
