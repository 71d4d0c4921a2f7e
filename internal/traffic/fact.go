package traffic

// Fact is something a record says of a call: what map rules ask for, and what traffic explain shows.
//
// Name is a field of the call ("track", "feature", "user", "session", "template", "template_version", "agent", "skill",
// "model", "id", "tier") and the fact then says where the field was read; or one of the names that rules match: "name" (of the span,
// observation or call type), "operation", "tag" (one fact each), "prompt" and "prompt_version" (of a prompt registry),
// "path" (of the request, or the working directory of a session), "provider", or "metadata.<key>" for whatever
// else the recorder attached.
type Fact struct {
	Name, Value string
	Key         string // where in the record it stands, such as "attributes.gen_ai.agent.name"
}

// tell notes a fact where somebody asks for facts. Values that say nothing are none.
func (f *file) tell(r *record, name, value, key string) {
	if f.facts && value != "" {
		r.facts = append(r.facts, Fact{Name: name, Value: value, Key: key})
	}
}
