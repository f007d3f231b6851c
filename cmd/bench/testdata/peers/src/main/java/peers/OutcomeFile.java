package peers;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.sink.RichSinkFunction;

/** Writes outcomes to DIRECTORY/KIND.SUBTASK, one a line: user, order, startedAt, at and what is taken, with tabs between. */
final class OutcomeFile extends RichSinkFunction<Outcome> {
    private final String directory;
    private final String kind;
    private transient BufferedWriter file;

    OutcomeFile(String directory, String kind) {
        this.directory = directory;
        this.kind = kind;
    }

    @Override
    public void open(OpenContext context) throws IOException {
        int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        file = Files.newBufferedWriter(Path.of(directory, kind + "." + subtask));
    }

    @Override
    public void invoke(Outcome o, Context context) throws IOException {
        file.write(o.userId + '\t' + o.orderId + '\t' + o.startedAt + '\t' + o.at + (o.taken == null ? "\n" : '\t' + o.taken + '\n'));
    }

    @Override
    public void finish() throws IOException {
        file.close();
        Stopwatch.outputComplete();
    }
}
