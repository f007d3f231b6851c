package peers;

/** What became of an order. A Flink POJO, as Event is. */
public class Outcome {
    public String userId;
    public String orderId;
    /** Event time of the first event, in milliseconds. */
    public long startedAt;
    /** Of a success the time of the last event, of a timeout the deadline, in milliseconds. */
    public long at;
    /** Of a match of more than two events its events: the steps by name, each with times, as "fail 1 2;pay 3;". Else null. */
    public String taken;

    public Outcome() {}

    Outcome(String userId, String orderId, long startedAt, long at) {
        this.userId = userId;
        this.orderId = orderId;
        this.startedAt = startedAt;
        this.at = at;
    }
}
