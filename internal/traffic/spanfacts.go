package traffic

import (
	"maps"
	"slices"
)

// spanFacts gives what a span, an event or a series says beside the call, and where the call's own fields were read.
func (f *file) spanFacts(s *otlpSpan, a, shared map[string]string) []Fact {
	var r record
	said := func(name string, keys ...string) {
		v, k := firstOf(a, keys)
		f.tell(&r, name, v, "attributes."+k)
	}
	f.tell(&r, "name", string(s.Name), "name")
	said("operation", operationKey)
	for _, label := range []string{"track", "feature"} {
		if key := "tokengate." + label; a[key] != "" {
			said(label, key)
		} else {
			f.tell(&r, label, shared[key], "resource.attributes."+key)
		}
	}
	said("user", userKeys...)
	said("session", sessionKeys...)
	said("template", templateKeys...)
	said("template_version", "tokengate.template_version")
	said("model", modelKeys...)
	said("id", idKeys...)
	said("tier", tierKeys...)
	said("prompt", promptKeys...)
	said("prompt_version", promptVersionKeys...)
	said("provider", providerKeys...)
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if usageKeys[k] || len(a[k]) > maxMetadata {
			continue
		}
		f.tell(&r, "metadata."+k, a[k], "attributes."+k)
	}
	for _, k := range slices.Sorted(maps.Keys(shared)) {
		if a[k] == "" && len(shared[k]) <= maxMetadata {
			f.tell(&r, "metadata."+k, shared[k], "resource.attributes."+k)
		}
	}
	return r.facts
}

// usageKeys are attributes that say what was used, not what for.
var usageKeys = func() map[string]bool {
	m := map[string]bool{metadataKey: true}
	for _, list := range [][]string{inputKeys, outputKeys, readKeys, writeKeys, reasoningKeys, totalKeys, bareKeys} {
		for _, k := range list {
			m[k] = true
		}
	}
	return m
}()
