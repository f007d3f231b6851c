package peers;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.utils.ParameterTool;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.connector.file.src.reader.TextLineInputFormat;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.OutputTag;

/**
 * Which orders of a log match a pattern, and which begin to and do not in time? On a Flink cluster inside this JVM, with
 * state on the heap and no checkpoints: the fastest that Flink can be. When it is done it prints one line with the number
 * of events, the time and CPU time from the first event to the last outcome, and the versions.
 *
 * <pre>
 * java -jar flink-jobs.jar --job cep|kpf --question two|every|... --input LOG --within MS --disorder MS --parallelism N --out DIRECTORY
 * </pre>
 */
public final class Main {
    static final OutputTag<Outcome> TIMEOUTS = new OutputTag<>("timeouts", Types.POJO(Outcome.class));

    public static void main(String[] args) throws Exception {
        ParameterTool flags = ParameterTool.fromArgs(args);
        long within = flags.getLong("within");
        String out = flags.getRequired("out");
        Question question = Question.valueOf(flags.get("question", "two").toUpperCase(Locale.ROOT));
        StreamExecutionEnvironment env =
                StreamExecutionEnvironment.createLocalEnvironment(flags.getInt("parallelism"), new Configuration());
        env.getConfig().enableObjectReuse(); // no copies between chained operators
        env.getConfig().disableGenericTypes(); // an error instead of slow Kryo

        KeyedStream<Event, Tuple2<String, String>> orders =
                read(env, flags.getRequired("input"), Duration.ofMillis(flags.getLong("disorder")), question);
        SingleOutputStreamOperator<Outcome> successes = switch (flags.getRequired("job")) {
            case "cep" -> CepJob.detect(orders, question, within);
            case "kpf" -> TimerJob.detect(orders, within);
            default -> throw new IllegalArgumentException("--job " + flags.get("job") + ": want cep or kpf");
        };
        successes.addSink(new OutcomeFile(out, "success"));
        successes.getSideOutput(TIMEOUTS).addSink(new OutcomeFile(out, "timeout"));
        env.execute();
        System.out.printf("%s flink=%s java=%s%n",
                Stopwatch.result(), EnvironmentInformation.getVersion(), System.getProperty("java.version"));
        System.exit(0); // the cluster leaves threads behind
    }

    /** One task reads and parses, since a text file is one split; an order is known by its user and its id. */
    private static KeyedStream<Event, Tuple2<String, String>> read(StreamExecutionEnvironment env, String log, Duration disorder, Question question) {
        FileSource<String> lines = FileSource
                .forRecordStreamFormat(new TextLineInputFormat(), new org.apache.flink.core.fs.Path(Path.of(log).toUri()))
                .build();
        return env.fromSource(lines, WatermarkStrategy.noWatermarks(), "log").setParallelism(1)
                .flatMap(new ParseLine(question)).returns(Types.POJO(Event.class)).setParallelism(1)
                .assignTimestampsAndWatermarks(WatermarkStrategy.<Event>forBoundedOutOfOrderness(disorder)
                        .withTimestampAssigner((event, none) -> event.time)).setParallelism(1)
                .keyBy(event -> Tuple2.of(event.userId, event.orderId), Types.TUPLE(Types.STRING, Types.STRING));
    }

    private Main() {}
}
