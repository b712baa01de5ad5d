package main

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// pluginLog keeps what a plugin writes to stderr and says whether go-plugin's host could read it as hclog JSON; what it
// cannot read so loses its level (client.go, logStderr).
type pluginLog struct {
	mutex sync.Mutex
	bytes bytes.Buffer
}

// logSummary counts lines by level; Unreadable has those that are not hclog's JSON.
type logSummary struct {
	Levels     map[string]int `json:"levels"`
	Unreadable []string       `json:"unreadable,omitempty"`
	Errors     []string       `json:"errors,omitempty"`
}

const (
	longestLine     = 64 * 1024
	timestampFormat = "2006-01-02T15:04:05.000000Z07:00"
)

func (l *pluginLog) Write(data []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.bytes.Write(data)
}

func (l *pluginLog) text() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.bytes.String()
}

func (l *pluginLog) summary() *logSummary {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	summary := &logSummary{Levels: map[string]int{}}
	for _, line := range bytes.Split(l.bytes.Bytes(), []byte("\n")) {
		if len(line) == 0 {
			continue
		}

		var entry struct {
			Level     string `json:"@level"`
			Message   string `json:"@message"`
			Timestamp string `json:"@timestamp"`
		}
		err := json.Unmarshal(line, &entry)
		if _, malformed := time.Parse(timestampFormat, entry.Timestamp); err != nil || malformed != nil ||
			entry.Level == "" || len(line) >= longestLine {
			summary.Unreadable = append(summary.Unreadable, string(line))
			continue
		}

		summary.Levels[entry.Level]++
		if entry.Level == "error" {
			summary.Errors = append(summary.Errors, entry.Message)
		}
	}
	return summary
}
