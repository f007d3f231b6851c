package peers;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * Measures the job from its first event to its last outcome, without the start of the JVM and the cluster. The cluster is
 * in this JVM, so the readings are plain statics; one task reads the file, so counting needs no more than that.
 */
final class Stopwatch {
    private static volatile Reading first;
    private static volatile Reading last;
    private static long events;

    private record Reading(long nanos, long cpuNanos) {
        static Reading now() {
            long cpu = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
            return new Reading(System.nanoTime(), cpu);
        }
    }

    /** An event is about to be read. */
    static void event() {
        if (events++ == 0) {
            first = Reading.now();
        }
    }

    /** An output is complete. */
    static synchronized void outputComplete() {
        last = Reading.now();
    }

    /** Called when the job has ended. CPU time is that of all threads: also of the compiler and the garbage collector. */
    static String result() {
        return "events=%d ms=%d cpu_ms=%d".formatted(
                events, (last.nanos - first.nanos) / 1_000_000, (last.cpuNanos - first.cpuNanos) / 1_000_000);
    }

    private Stopwatch() {}
}
