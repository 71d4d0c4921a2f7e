package traffic

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tokengate/tokengate/internal/token"
)

// TestNativeHeader refuses tables whose columns would be lost.
func TestNativeHeader(t *testing.T) {
	for _, c := range []struct{ header, want string }{
		{"ts,model,input,output", ""},
		{"output,usage.input,model,ts", ""},
		{"ts,model,input,output,latncy_ms", `error traffic-header the native table has no column "latncy_ms" | did you mean "latency_ms"?`},
		{"ts,model,input,output,Tier", `did you mean "tier"?`},
		{"ts,model,input,output,region_of_caller", `no column "region_of_caller" | remove it, or name it vars.region_of_caller`},
		{"ts,model,input,output,", `no column ""`},
		{"ts,model,input,output,outcome.", `no column "outcome."`},
		{"ts,model,input,output,usage", `no column "usage"`},
		{"ts,model,input,output,usage.input", `the column "input" is there twice`},
		{"ts,model,output", `the table lacks the column "input" | ts, model, input and output are required`},
		{"ts,model,input", `the table lacks the column "output"`},
	} {
		rec, diags, err := Read([]Source{{FS: fstest.MapFS{"f": &fstest.MapFile{Data: []byte(c.header + "\n")}}, Path: "f", Dialect: NativeCSV}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := told(diags); !strings.Contains(got, c.want) || (c.want == "") != (got == "") || len(rec.Calls) > 0 {
			t.Errorf("%s: %swant %q", c.header, got, c.want)
		}
	}
	_, diags, err := Read([]Source{{FS: fstest.MapFS{"f": &fstest.MapFile{Data: []byte("2026-05-04T07:00:00Z,m,1,2\n")}}, Path: "f", Dialect: NativeCSV}}, Options{})
	if err != nil || !strings.Contains(told(diags), "error traffic-header") {
		t.Error(told(diags), err)
	}
}

// TestNativeTableIsNative holds the fixture's rows against the same calls as JSON lines.
func TestNativeTableIsNative(t *testing.T) {
	const lines = `{"ts":"2026-05-04T07:00:00.25Z","id":"n1","sources":["kb","faq"],"model":"m","tier":"standard","usage":{"input":120,"cache_read":1024,"output":55,"reasoning":20},"latency_ms":812.5,"usage_is_mean":true,"weight":2,"outcome":{"csat":4.5},"vars":{"q":"a\nb"},"system":"be brief","messages":[{"role":"user","content":"hello"}]}` + "\n"
	const rows = "ts,id,sources,model,tier,input,cache_read,output,reasoning,latency_ms,usage_is_mean,weight,outcome.csat,vars.q,system,messages\n" +
		`2026-05-04T07:00:00.25Z,n1,kb;faq,m,standard,120,1024,55,20,812.5,true,2,4.5,"a` + "\n" + `b","""be brief""","[{""role"":""user"",""content"":""hello""}]"` + "\n"
	root := fstest.MapFS{"j": &fstest.MapFile{Data: []byte(lines)}, "c": &fstest.MapFile{Data: []byte(rows)}}
	var got [2]string
	var prompts [2]*token.Content
	for i, name := range []string{"j", "c"} {
		rec, diags, err := Read([]Source{{FS: root, Path: name}}, Options{Text: true})
		if err != nil || len(diags) > 0 || len(rec.Calls) != 1 || rec.Calls[0].Prompt == nil {
			t.Fatal(told(diags), err)
		}
		var b bytes.Buffer
		if err := WriteNative(&b, &rec.Calls[0]); err != nil {
			t.Fatal(err)
		}
		got[i], prompts[i] = b.String(), rec.Calls[0].Prompt
	}
	if diff := gocmp.Diff(got[0], got[1]) + gocmp.Diff(prompts[0], prompts[1]); diff != "" {
		t.Error(diff)
	}
}
