package traffic

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// isGeminiBatch: the Gemini API gives every item back under its key, Vertex beside its request. Vertex's "status" is an
// error or nothing; one that stands in an envelope with a time is a logger's.
func isGeminiBatch(h head) bool {
	return slices.ContainsFunc(h.objects, func(o map[string]bool) bool {
		answered := o["response.candidates"] || o["response.usageMetadata"] || o["response.usage_metadata"]
		timed := o["timestamp"] || o["ts"] || o["time"] || o["created_at"]
		return o["key"] && (answered || o["error.code"] && !timed) || o["response"] && o["processed_time"] || answered && o["status"] && o["request.contents"] && !timed
	})
}

type geminiItem struct {
	Key      text           `json:"key"`
	Custom   text           `json:"custom_id"` // Vertex, for Anthropic's models
	Status   text           `json:"status"`
	Request  jsontext.Value `json:"request"`
	Response jsontext.Value `json:"response"`
	Error    jsontext.Value `json:"error"`
}

func readGeminiBatch(f *file, in *input) error {
	return readBatch(f, in, func(value jsontext.Value, o map[string]bool) (x exchange, skip string, err error) {
		var item geminiItem
		if err := decode(value, &item); err != nil {
			return x, "", err
		}
		switch {
		case present(item.Error), item.Status != "" && !present(item.Response):
			return x, skipUnbilled, nil
		case !present(item.Response) && present(item.Request):
			return x, "", errRequest()
		case !present(item.Response):
			return x, "", bad(unknownBody, "neither a response nor an error")
		}
		x, err = exchangeOf(value, o)
		x.custom = firstSaid(said{string(item.Key), "key"}, said{string(item.Custom), "custom_id"})
		x.fallback = itemID(x.custom.value, value)
		return x, "", err
	})
}
