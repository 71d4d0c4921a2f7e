package spendlogs

import (
	"fmt"
	"strings"
	"time"
)

// plain are the columns that are read as they are: those that make a call, and those that map rules may ask for.
var plain = []string{"request_id", "call_type", "status", "model", "model_id", "model_group", "custom_llm_provider", "api_base",
	"prompt_tokens", "completion_tokens", "total_tokens", "spend", "startTime", "endTime", "completionStartTime", "cache_hit",
	"user", "end_user", "team_id", "organization_id", "session_id", "agent_id", "mcp_namespaced_tool_name", "request_tags"}

// shaped are read in part.
var shaped = []struct{ name, sql string }{
	{"metadata", `CASE pg_catalog.jsonb_typeof("metadata") WHEN 'object' THEN "metadata" - ` + withheld + ` ELSE "metadata" END`},
	{"response", `CASE pg_catalog.jsonb_typeof("response") WHEN 'object' THEN pg_catalog.jsonb_build_object('type', "response"->'type',
'usage', "response"->'usage', 'usageMetadata', "response"->'usageMetadata', 'service_tier', "response"->'service_tier')
WHEN 'string' THEN "response" END`},
}

// withheld are the keys of metadata that quote prompts, answers or tracebacks.
const withheld = `'{error_information,guardrail_information,vector_store_request_metadata,mcp_tool_call_metadata,prompt_management_metadata}'::text[]`

// texts are the columns that hold prompts.
var texts = []string{"messages", "proxy_server_request"}

// wanted lists the columns to read, of those there are.
func (r relation) wanted(text bool) []string {
	all := append([]string{}, plain...)
	for _, s := range shaped {
		all = append(all, s.name)
	}
	if text {
		all = append(all, texts...)
	}
	var out []string
	for _, name := range all {
		if _, ok := r.columns[name]; ok {
			out = append(out, name)
		}
	}
	return out
}

// selection is the query whose only column is a row as JSON, on one line, and its parameters. Rows come in an order that
// does not depend on the collation of the database.
//
// What the answer was is left on the server, but for its usage. A response that is stored as a string of JSON cannot be
// taken apart there without failing on the first one that was cut short: it is sent whole, and only its usage is read.
func (r relation) selection(a address) (sql string, params [][]byte, err error) {
	var columns []string
	for _, name := range r.wanted(a.text) {
		columns = append(columns, r.expression(name)+" AS "+quote(name))
	}
	var where []string
	for _, bound := range []struct {
		at time.Time
		op string
	}{{a.from, ">="}, {a.to, "<"}} {
		if bound.at.IsZero() {
			continue
		}
		cast, err := r.moment(a)
		if err != nil {
			return "", nil, err
		}
		params = append(params, []byte(bound.at.UTC().Format("2006-01-02 15:04:05.999999")+"+00"))
		where = append(where, fmt.Sprintf(`"startTime" %s $%d::%s`, bound.op, len(params), cast))
	}
	sql = fmt.Sprintf("SELECT %s FROM %s.%s", strings.Join(columns, ", "), quote(r.schema), quote(r.name))
	if len(where) > 0 {
		sql += " WHERE " + strings.Join(where, " AND ")
	}
	return `SELECT pg_catalog.row_to_json(t) FROM (` + sql + ` ORDER BY "startTime", "request_id" COLLATE "C") t`, params, nil
}

// moment is the type that bounds are cast to. A timestamp without a zone holds UTC, as LiteLLM writes it; the zone of the
// parameter is then not looked at.
func (r relation) moment(a address) (string, error) {
	switch kind := r.columns["startTime"].kind; kind {
	case "timestamp without time zone", "timestamp with time zone":
		return kind, nil
	default:
		return "", &Error{Wrong: true, Summary: fmt.Sprintf("%s: startTime is a %s: a window needs a timestamp", a, kind), Hint: "read the table without from and to"}
	}
}

// expression gives a column's value. json keeps the line breaks it was written with; between its values they are blanks,
// and within a string there are none.
func (r relation) expression(name string) string {
	switch kind := r.columns[name].kind; kind {
	case "json":
		return `pg_catalog.translate(` + quote(name) + `::text, E'\r\n', '  ')::json`
	case "jsonb":
		for _, s := range shaped {
			if s.name == name {
				return s.sql
			}
		}
	}
	return quote(name)
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
