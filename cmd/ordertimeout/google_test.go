package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ordertimeout/transforms/connect/pubsub/pubsubtest"
)

// google is as much of Google Cloud as submitting a job takes: the storage that a
// job is staged to, Dataflow, and who gives out tokens.
type google struct {
	*httptest.Server
	credentials string // the path of a file

	running map[string]string // the ids of the jobs that run, by name
	refusal string            // why no job is created

	mu      sync.Mutex
	n       int // requests
	objects map[string][]byte
	created []job
}

func newGoogle(t *testing.T) *google {
	g := &google{objects: map[string][]byte{}}
	mux := http.NewServeMux()
	reply := func(pattern string, f func(r *http.Request, body []byte) (int, any)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			g.mu.Lock()
			defer g.mu.Unlock()
			g.n++
			status, answer := f(r, body)
			if at, ok := answer.(string); ok {
				w.Header().Set("Location", at)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			if err := json.NewEncoder(w).Encode(answer); err != nil {
				t.Error(err)
			}
		})
	}
	reply("POST /token", func(*http.Request, []byte) (int, any) {
		return http.StatusOK, map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 3600}
	})
	reply("GET /storage/v1/b/{bucket}", func(r *http.Request, _ []byte) (int, any) {
		return http.StatusOK, map[string]string{"name": r.PathValue("bucket")}
	})
	reply("POST /upload/storage/v1/b/{bucket}/o", g.upload)
	reply("PUT /upload/{bucket}/{object...}", func(r *http.Request, body []byte) (int, any) {
		return g.store(r.PathValue("bucket"), r.PathValue("object"), body)
	})
	const jobs = " /v1b3/projects/shop/locations/europe-west1/jobs"
	reply("GET"+jobs, func(*http.Request, []byte) (int, any) {
		list := []map[string]string{}
		for name, id := range g.running {
			list = append(list, map[string]string{"name": name, "id": id})
		}
		return http.StatusOK, map[string]any{"jobs": list}
	})
	reply("POST"+jobs, func(_ *http.Request, body []byte) (int, any) {
		if g.refusal != "" {
			return http.StatusForbidden, map[string]any{"error": map[string]any{"code": 403, "message": g.refusal}}
		}
		g.created = append(g.created, decodeJob(t, body))
		return http.StatusOK, map[string]string{"id": fmt.Sprintf("job-%d", len(g.created))}
	})
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	g.credentials = g.account(t)
	return g
}

// upload begins an upload: of a small object it is all of it, in two parts, of a
// larger one the answer says where it goes to.
func (g *google) upload(r *http.Request, body []byte) (int, any) {
	bucket, name := r.PathValue("bucket"), r.URL.Query().Get("name")
	if r.URL.Query().Get("uploadType") == "resumable" {
		return http.StatusOK, g.URL + "/upload/" + bucket + "/" + name
	}
	_, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return http.StatusBadRequest, nil
	}
	parts := multipart.NewReader(strings.NewReader(string(body)), parameters["boundary"])
	var about struct{ Name string }
	for i := range 2 {
		part, err := parts.NextPart()
		if err != nil {
			return http.StatusBadRequest, nil
		}
		if body, err = io.ReadAll(part); err != nil {
			return http.StatusBadRequest, nil
		}
		if i == 0 && json.Unmarshal(body, &about) != nil {
			return http.StatusBadRequest, nil
		}
	}
	return g.store(bucket, about.Name, body)
}

func (g *google) store(bucket, name string, body []byte) (int, any) {
	g.objects[bucket+"/"+name] = body
	return http.StatusOK, map[string]string{"bucket": bucket, "name": name}
}

// account writes the key of a service account, with which the command signs in.
func (g *google) account(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "shop", "private_key_id": "1", "private_key": string(block),
		"client_email": "job@shop.example", "client_id": "1", "token_uri": g.URL + "/token",
	})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, t.TempDir(), "account.json", string(text))
}

func (g *google) requests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}

// run runs the command with this as Google Cloud.
func (g *google) run(t *testing.T, args string) result {
	t.Helper()
	cmd := command(t, append(strings.Fields(args), "-dataflow_endpoint", g.URL+"/")...)
	cmd.Env = append(cmd.Env, "STORAGE_EMULATOR_HOST="+g.URL, "GOOGLE_APPLICATION_CREDENTIALS="+g.credentials,
		"PUBSUB_EMULATOR_HOST="+pubsubtest.NewServer(t, 10).Addr)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	return finished(t, cmd.Run(), &stdout, &stderr)
}
