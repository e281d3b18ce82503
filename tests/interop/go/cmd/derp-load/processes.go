package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func numbers(text string) ([]int, error) {
	var found []int
	for _, part := range strings.Split(text, ",") {
		if part == "" {
			continue
		}
		number, err := strconv.Atoi(part)
		if err != nil {
			return nil, err
		}
		found = append(found, number)
	}
	return found, nil
}

// processorSeconds is user and system time of all threads of the processes.
func processorSeconds(pids []int) float64 {
	var total int64
	for _, pid := range pids {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, name := range files {
			fields := strings.Fields(read(name))
			if len(fields) > 0 {
				ns, _ := strconv.ParseInt(fields[0], 10, 64)
				total += ns
			}
		}
	}
	return float64(total) / 1e9
}

// residentBytes is the resident memory of the processes.
func residentBytes(pids []int) int64 {
	var total int64
	for _, pid := range pids {
		for _, line := range strings.Split(read(fmt.Sprintf("/proc/%d/status", pid)), "\n") {
			if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
				kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				total += kib * 1024
			}
		}
	}
	return total
}

func read(name string) string {
	text, _ := os.ReadFile(name)
	return string(text)
}
