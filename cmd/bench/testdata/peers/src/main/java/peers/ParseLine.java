package peers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;

/** A line of JSON to an Event. Nothing is built of the fields that do not count; a malformed line fails the job. */
final class ParseLine extends RichFlatMapFunction<String, Event> {
    private static final JsonFactory JSON = new JsonFactory();

    private final Question question;

    /** The last minute that was read, "2026-01-01T00:17:", and when it began. */
    private transient String minute;
    private transient long minuteBegan;

    ParseLine(Question question) {
        this.question = question;
    }

    @Override
    public void flatMap(String line, Collector<Event> out) throws IOException {
        Stopwatch.event();
        Event event = new Event();
        event.type = -1;
        try (JsonParser parser = JSON.createParser(line)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (name) {
                    case "userId" -> event.userId = parser.getText();
                    case "orderId" -> event.orderId = parser.getText();
                    case "type" -> event.type = Event.typeOf(parser.getText());
                    case "time" -> event.time = value == JsonToken.VALUE_NUMBER_INT ? parser.getLongValue() : millis(parser.getText());
                    case "amount" -> event.amount = question.amounts ? parser.getDoubleValue() : 0;
                    default -> parser.skipChildren();
                }
            }
        }
        if (question.names(event.type)) {
            out.collect(event);
        }
    }

    /** RFC 3339 to milliseconds. The classes of java.time take a microsecond each time, so they read each minute once. */
    private long millis(String time) {
        if (time.length() != "2026-01-01T00:17:05.123Z".length() || time.charAt(19) != '.' || time.charAt(23) != 'Z') {
            return OffsetDateTime.parse(time).toInstant().toEpochMilli();
        }
        if (minute == null || !time.startsWith(minute)) {
            minute = time.substring(0, 17);
            minuteBegan = Instant.parse(minute + "00Z").toEpochMilli();
        }
        return minuteBegan + 1000 * digits(time, 17, 19) + digits(time, 20, 23);
    }

    private static long digits(String text, int from, int to) {
        long n = 0;
        for (int i = from; i < to; i++) {
            n = 10 * n + text.charAt(i) - '0';
        }
        return n;
    }
}
