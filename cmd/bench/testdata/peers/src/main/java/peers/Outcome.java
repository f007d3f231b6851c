package peers;

/** What became of an order. A Flink POJO, as Event is. */
public class Outcome {
    public String userId;
    public String orderId;
    /** Event time of the create, in milliseconds. */
    public long startedAt;
    /** Of a success the time of the payment, of a timeout the deadline, in milliseconds. */
    public long at;

    public Outcome() {}

    Outcome(String userId, String orderId, long startedAt, long at) {
        this.userId = userId;
        this.orderId = orderId;
        this.startedAt = startedAt;
        this.at = at;
    }
}
