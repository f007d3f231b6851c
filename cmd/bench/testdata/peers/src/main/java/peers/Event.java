package peers;

/** An event of the log. A Flink POJO, so that it needs no Kryo: public fields, a constructor without arguments. */
public class Event {
    public String userId;
    public String orderId;
    /** The two types that count; any other event is dropped where the line is read. */
    public boolean pay;
    /** Event time in milliseconds. */
    public long time;

    public Event() {}
}
