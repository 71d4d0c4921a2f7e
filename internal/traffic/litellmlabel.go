package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// label takes track, feature and template from what the caller attached: metadata first, then tags written as
// "track:retrieval". Other tags, such as the User-Agent that the proxy adds, say nothing here.
func (row *litellmRow) label(c *Call, meta litellmMetadata, tagged func(name string) string) {
	s, r := meta.Spend, meta.Requester
	c.Track = either(s.Track, either(r.Track, tagged("track")))
	c.Feature = either(s.Feature, either(r.Feature, tagged("feature")))
	c.Template = either(s.Template, either(r.Template, tagged("template")))
	c.TemplateVersion = either(s.Version, either(r.Version, tagged("template_version")))
}

// litellmTags gives the tags of a row. Tags that cannot be read may name the track: that is told.
func (f *file) litellmTags(row *litellmRow, line int) []text {
	var tags []text
	err := row.Tags.into(&tags, '[')
	switch b := jsontext.Value(strings.TrimSpace(string(row.Tags))); {
	case err != nil:
		f.odd.labels.add(f.name, line, "", "request_tags cannot be read: "+badReason(err).Error())
		return nil
	case tags == nil && !isHollow(b) && string(b) != "None":
		f.odd.labels.add(f.name, line, "", "request_tags is no list: "+clip(string(b)))
	}
	return tags
}

// tagged gives what follows name and a colon in the first tag that has it, and warns of another that says otherwise.
func (f *file) tagged(tags []text, name string, line int) string {
	value, found := "", false
	for _, t := range tags {
		rest, ok := strings.CutPrefix(string(t), name+":")
		if rest = strings.TrimSpace(rest); !ok || rest == value {
			continue
		}
		if !found {
			value, found = rest, true
			continue
		}
		f.odd.labels.add(f.name, line, "tag a request with one "+name, fmt.Sprintf("two tags name a %s, %q and %q; the first holds", name, clip(value), clip(rest)))
		break
	}
	return value
}

// litellmFacts tells what a row says beside the call, and where its fields were read.
func (f *file) litellmFacts(r *record, row *litellmRow, meta litellmMetadata, tags []text) {
	f.tell(r, "name", string(row.CallType), "call_type")
	f.tell(r, "model", string(row.Model), "model")
	f.tell(r, "path", string(row.APIBase), "api_base")
	f.tell(r, "provider", string(row.Provider), "custom_llm_provider")
	f.tell(r, "metadata.model_group", string(row.Group), "model_group")
	f.tell(r, "metadata.team_id", string(row.Team), "team_id")
	for _, t := range tags {
		if !strings.HasPrefix(string(t), "User-Agent:") {
			f.tell(r, "tag", string(t), "request_tags")
		}
	}
	for _, l := range []struct{ name, value, spend, requester string }{
		{"track", r.call.Track, meta.Spend.Track, meta.Requester.Track}, {"feature", r.call.Feature, meta.Spend.Feature, meta.Requester.Feature},
		{"template", r.call.Template, meta.Spend.Template, meta.Requester.Template},
		{"template_version", r.call.TemplateVersion, meta.Spend.Version, meta.Requester.Version},
	} {
		switch {
		case l.spend != "":
			f.tell(r, l.name, l.value, "metadata.spend_logs_metadata."+l.name)
		case l.requester != "":
			f.tell(r, l.name, l.value, "metadata.requester_metadata."+l.name)
		default:
			f.tell(r, l.name, l.value, "request_tags")
		}
	}
	f.firstFact(r, "id", []string{"id", "request_id"}, row.ID, row.RequestID)
	f.firstFact(r, "session", []string{"session_id", "trace_id"}, row.Session, row.Trace)
	f.firstFact(r, "user", []string{"end_user", "metadata.user_api_key_end_user_id", "user", "metadata.user_api_key_user_id"}, row.EndUser, meta.EndUser, row.User, meta.UserID)
	f.metadataFacts(r, row.Metadata, "metadata")
}

// firstFact tells the first value that says something, and its key.
func (f *file) firstFact(r *record, name string, keys []string, values ...text) {
	for i, v := range values {
		if v != "" {
			f.tell(r, name, string(v), keys[i])
			return
		}
	}
}

// metadataFacts tells the scalars of the metadata, and those that the caller attached, which stand one level down.
func (f *file) metadataFacts(r *record, object embedded, at string) {
	var m map[string]jsontext.Value
	if object.into(&m, '{') != nil {
		return // told as a bad record, if it is the metadata itself
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		switch m[k].Kind() {
		case '{':
			if k == "spend_logs_metadata" || k == "requester_metadata" {
				f.metadataFacts(r, embedded(m[k]), at+"."+k)
			}
		case '[', 'n':
		default:
			var v text
			if decode(m[k], &v) == nil && len(v) <= maxMetadata {
				f.tell(r, "metadata."+k, string(v), at+"."+k)
			}
		}
	}
}
