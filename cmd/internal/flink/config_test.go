package flink

import (
	"strings"
	"testing"

	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"

	"github.com/google/go-cmp/cmp"
	"ordertimeout/transforms/beamfix"
)

func good() Config {
	return Config{Endpoint: "localhost:8099", JobName: "ordertimeout", Environment: Loopback}
}

func TestWrongSettingsNameTheirFlag(t *testing.T) {
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Endpoint = "" }, "-endpoint: want"},
		{func(c *Config) { c.Environment = "" }, `-environment_type "": want LOOPBACK`},
		{func(c *Config) { c.EnvironmentConfig = "x" }, `-environment_config "x": LOOPBACK has none`},
		{func(c *Config) { c.Environment = Docker }, "-environment_config: want the image"},
		{func(c *Config) { c.Environment, c.EnvironmentConfig = Process, "/boot" }, `-environment_config "/boot": want JSON`},
		{func(c *Config) { c.Environment, c.EnvironmentConfig = Process, `{"env":{}}` }, "want JSON with the command"},
		{func(c *Config) { c.WorkerBinary = "/nosuch" }, "-worker_binary: stat /nosuch"},
		{func(c *Config) { c.Detach = true }, "-detach: the workers"},
		{func(c *Config) { c.Options = map[string]string{"parallelism": "2"} }, "-flink-options parallelism: want -parallelism"},
		{func(c *Config) { c.Options = map[string]string{"savepoint_path": "x"} }, "-flink-options savepoint_path: want -resume"},
		{func(c *Config) { c.Options = map[string]string{"checkpointing_interval": "10s"} }, "-flink-options checkpointing_interval=10s: want milliseconds"},
		{func(c *Config) { c.Options = map[string]string{"checkpointing_interval": "0"} }, "checkpointing_interval=0: want milliseconds"},
		{func(c *Config) { c.Options = map[string]string{"finish_bundle_before_checkpointing": "false"} }, "-flink-options finish_bundle_before_checkpointing=false: want true"},
		{func(c *Config) { c.Options = map[string]string{"finish_bundle_before_checkpointing": ""} }, "finish_bundle_before_checkpointing=: want true"},
	} {
		c := good()
		test.change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
	for _, interval := range []string{"-1", ""} { // no checkpoints that could lose anything
		c := good()
		c.Options = map[string]string{"checkpointing_interval": interval, "finish_bundle_before_checkpointing": "false"}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestOptionsComeOnTopOfTheDefaults(t *testing.T) {
	c := good()
	c.Bounded, c.Resume = true, "/chk-7"
	c.Options = map[string]string{"checkpointing_interval": "500", "streaming": "", "state_backend": "rocksdb", "number_of_execution_retries": "3"}
	want := Production()
	want["checkpointing_interval"] = "500"
	delete(want, "streaming")
	want["state_backend"] = "rocksdb"
	want["number_of_execution_retries"] = "3"
	want["shutdown_sources_after_idle_ms"] = "0"
	want["savepoint_path"] = "/chk-7"
	if diff := cmp.Diff(want, c.options()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	live := Config{Environment: Docker}.options()
	if _, ok := live["shutdown_sources_after_idle_ms"]; ok {
		t.Error("the source of an unbounded input is shut down")
	}
	if _, ok := live["number_of_execution_retries"]; ok {
		t.Error("a job of a cluster is not tried again")
	}
}

func TestParseOptions(t *testing.T) {
	got, err := ParseOptions("a=1,b=x=y,c=")
	if diff := cmp.Diff(map[string]string{"a": "1", "b": "x=y", "c": ""}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for text, want := range map[string]string{"": `got "", want NAME=VALUE`, "a": `got "a"`, "=1": `got "=1"`, "a=1,a=2": "a is there twice"} {
		if _, err := ParseOptions(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// The job server ignores an option that it does not know, and one of another type.
func TestOptionsAreSentAsWhatTheyAre(t *testing.T) {
	beamfix.Install()
	known := map[string]jobpb.PipelineOptionType_Enum{"retries": jobpb.PipelineOptionType_NUMBER}
	for name := range good().options() {
		known[name] = jobpb.PipelineOptionType_INTEGER
	}
	for _, name := range []string{"streaming", finishBundle, "externalized_checkpoints_enabled", "retain_externalized_checkpoints_on_cancellation"} {
		known[name] = jobpb.PipelineOptionType_BOOLEAN
	}
	known["state_backend"] = jobpb.PipelineOptionType_STRING
	c := good()
	c.Options = map[string]string{"retries": "1.5", "state_backend": "7"}
	options, err := c.encode(known)
	if err != nil {
		t.Fatal(err)
	}
	got := options.AsMap()
	for name, want := range map[string]any{
		"streaming": true, "checkpointing_interval": 10000.0, "retries": 1.5, "state_backend": "7",
		"job_name": "ordertimeout", "app_name": "ordertimeout", "parallelism": -1.0,
	} {
		if value := got["beam:option:"+name+":v1"]; value != want {
			t.Errorf("%s is %v (%[2]T), want %v (%[3]T)", name, value, want)
		}
	}
	for pair, want := range map[string]string{
		"nosuch=1": "-flink-options nosuch=1: the job server knows no such option", "streaming=on": "streaming=on: want true or false",
		"max_bundle_size=1.5": "want a whole number", "retries=x": "want a number",
	} {
		c := good()
		c.Options, _ = ParseOptions(pair)
		if _, err := c.encode(known); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", pair, err, want)
		}
	}
}
