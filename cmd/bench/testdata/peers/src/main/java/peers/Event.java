package peers;

/** An event of the log. A Flink POJO, so that it needs no Kryo: public fields, a constructor without arguments. */
public class Event {
    /** The types of events, as numbers, which Flink sends and compares faster than text. */
    static final byte CREATE = 0, PAY = 1, FAIL = 2, RETRY = 3, CANCEL = 4;

    public String userId;
    public String orderId;
    public byte type;
    /** Event time in milliseconds. */
    public long time;
    /** Read for the patterns that need it, else 0. */
    public double amount;

    public Event() {}

    /** The number of a type's name, or -1 for one that no pattern names. */
    static byte typeOf(String name) {
        return switch (name) {
            case "create" -> CREATE;
            case "pay" -> PAY;
            case "fail" -> FAIL;
            case "retry" -> RETRY;
            case "cancel" -> CANCEL;
            default -> -1;
        };
    }
}
