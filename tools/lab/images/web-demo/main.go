// Command web-demo answers every HTTP request on port 8080 with the cluster it is told to be of (ENV_NAME) and the pod
// it runs in, so that a caller sees which cluster and which pod replied. It also echoes UDP datagrams on port 8081 with
// the same line before them.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	hostname, err := os.Hostname()
	if err != nil {
		log.Fatal(err)
	}
	line := fmt.Sprintf("This is env_name: %s, pod: %s", os.Getenv("ENV_NAME"), hostname)
	go echo(line)
	server := &http.Server{Addr: ":8080", ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s, client: %s\n", line, r.RemoteAddr)
		})}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stop(server)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	<-stopped
}

// When the pod is deleted, its endpoint goes at the same time as this process is told to end. Clients that have not
// heard of it are served until they have.
func stop(server *http.Server) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	time.Sleep(5 * time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		log.Print(err)
	}
}

func echo(line string) {
	conn, err := net.ListenPacket("udp", ":8081")
	if err != nil {
		log.Fatal(err)
	}
	buffer := make([]byte, 65_535)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			log.Print(err)
			continue
		}
		if _, err := conn.WriteTo(append([]byte(line+": "), buffer[:n]...), from); err != nil {
			log.Print(err)
		}
	}
}
