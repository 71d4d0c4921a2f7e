package traffic

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

// factsByCall reads one file as one that is asked for facts, and gives those of every call.
func factsByCall(t *testing.T, dialect, data string) []string {
	t.Helper()
	f := newFile(Source{FS: fstest.MapFS{"f": &fstest.MapFile{Data: []byte(data)}}, Path: "f", Name: "f", Dialect: dialect, Defaults: Defaults{Model: "m"}})
	all := hearFacts(f)
	drain(f)
	var out []string
	for _, told := range *all {
		var facts []string
		for _, fact := range told {
			facts = append(facts, fmt.Sprintf("%s=%s (%s)", fact.Name, fact.Value, fact.Key))
		}
		out = append(out, strings.Join(facts, "\n"))
	}
	return out
}

// TestFactsOfExports pins what map rules can ask for, and where it was read.
func TestFactsOfExports(t *testing.T) {
	for _, c := range []struct{ dialect, data, want string }{
		{Langfuse, `{"trace":{"id":"t","name":"support","userId":"u","sessionId":"s","tags":["vip","track:x"],"environment":"staging","metadata":"{\"plan\":\"pro\",\"nested\":{\"a\":1}}"},
			"observations":[{"id":"a","traceId":"t","type":"GENERATION","name":"answer","startTime":"2026-05-04T07:00:00Z","model":"gpt","usageDetails":{"input":1,"output":1},"promptName":"p","promptVersion":3,"environment":"prod","metadata":{"team":"kb","n":7}}]}`,
			`model=gpt (model)
operation=GENERATION (type)
name=answer (name)
prompt=p (promptName)
prompt_version=3 (promptVersion)
metadata.environment=prod (environment)
metadata.n=7 (metadata.n)
metadata.team=kb (metadata.team)
metadata.environment=staging (trace.environment)
metadata.plan=pro (trace.metadata.plan)
name=support (trace.name)
session=s (trace.sessionId)
tag=track:x (trace.tags)
tag=vip (trace.tags)
user=u (trace.userId)`},
		{Langfuse, "id,type,traceId,startTime,providedModelName,usage_details,prompt_name,metadata\na,GENERATION,t,2026-05-04 07:00:00,gpt,\"{\"\"input\"\":1}\",p,\"{\"\"team\"\":\"\"kb\"\"}\"\n",
			"model=gpt (providedModelName)\noperation=GENERATION (type)\nprompt=p (prompt_name)\nmetadata.team=kb (metadata.team)"},
		{Helicone, `{"request_id":"r","request_created_at":"2026-05-04T07:00:00Z","request_model":"gpt","provider":"OPENAI","request_path":"/v1/chat","request_user_id":"u","response_status":200,"prompt_tokens":1,"completion_tokens":1,"prompt_id":"p","prompt_version":"2","request_properties":{"Helicone-Session-Id":"s","Helicone-Prompt-Id":"q","app":"web"}}`,
			`prompt=q (request_properties.Helicone-Prompt-Id)
metadata.Helicone-Prompt-Id=q (request_properties.Helicone-Prompt-Id)
session=s (request_properties.Helicone-Session-Id)
metadata.Helicone-Session-Id=s (request_properties.Helicone-Session-Id)
metadata.app=web (request_properties.app)
model=gpt (request_model)
user=u (request_user_id)
prompt=p (prompt_id)
prompt_version=2 (prompt_version)
path=/v1/chat (request_path)
provider=OPENAI (provider)`},
		{TraceCSV, "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n1,s,2,GPT-4,1,1,2,API log\n",
			"model=GPT-4 (Model)\nsession=s (Session ID)\nmetadata.log_type=API log (Log Type)"},
		{TraceCSV, "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2024-10-15 00:00:00,2,1,1\n", "metadata.num_images=2 (NumImages)"},
	} {
		got := factsByCall(t, c.dialect, c.data)
		if len(got) != 1 {
			t.Fatalf("%s: %d calls", c.dialect, len(got))
		}
		if diff := gocmp.Diff(c.want, got[0]); diff != "" {
			t.Errorf("%s: %s", c.dialect, diff)
		}
	}
}
