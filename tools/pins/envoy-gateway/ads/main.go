// Command ads subscribes to all clusters of an xDS server and to their endpoints, as Envoy does, and prints the endpoints
// by cluster as one line of JSON whenever they change.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	clusterType  = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
	endpointType = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
)

var (
	server = flag.String("server", "", "address of the xDS server")
	name   = flag.String("server-name", "", "name in the certificate of the server")
	ca     = flag.String("ca", "", "file with the CA of the server; without it, the connection is in plain text")
	cert   = flag.String("cert", "", "file with the client certificate")
	key    = flag.String("key", "", "file with the key of the client certificate")
	node   = flag.String("node", "interop", "ID of the node")
	fleet  = flag.String("cluster", "", "cluster of the node")
)

func transport() (credentials.TransportCredentials, error) {
	if *ca == "" {
		return insecure.NewCredentials(), nil
	}
	pem, err := os.ReadFile(*ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	if err != nil {
		return nil, err
	}
	return credentials.NewTLS(&tls.Config{
		RootCAs: roots, Certificates: []tls.Certificate{pair}, ServerName: *name, MinVersion: tls.VersionTLS13,
	}), nil
}

// addresses returns the endpoints of an assignment as address:port.
func addresses(assignment *endpointv3.ClusterLoadAssignment) []string {
	found := []string{}
	for _, locality := range assignment.GetEndpoints() {
		for _, endpoint := range locality.GetLbEndpoints() {
			address := endpoint.GetEndpoint().GetAddress().GetSocketAddress()
			if address != nil {
				found = append(found, fmt.Sprintf("%s:%d", address.GetAddress(), address.GetPortValue()))
			}
		}
	}
	slices.Sort(found)
	return found
}

func subscribe() error {
	creds, err := transport()
	if err != nil {
		return err
	}
	connection, err := grpc.NewClient(*server, grpc.WithTransportCredentials(creds))
	if err != nil {
		return err
	}
	defer connection.Close()
	stream, err := discoveryv3.NewAggregatedDiscoveryServiceClient(connection).StreamAggregatedResources(context.Background())
	if err != nil {
		return err
	}
	self := &corev3.Node{Id: *node, Cluster: *fleet}
	var names []string
	nonces, versions := map[string]string{}, map[string]string{}
	ask := func(kind string, resources []string) error {
		return stream.Send(&discoveryv3.DiscoveryRequest{
			Node: self, TypeUrl: kind, ResourceNames: resources, ResponseNonce: nonces[kind], VersionInfo: versions[kind],
		})
	}
	if err := ask(clusterType, nil); err != nil {
		return err
	}
	inline := map[string][]string{}
	assigned := map[string][]string{}
	last := ""
	for {
		response, err := stream.Recv()
		if err != nil {
			return err
		}
		kind := response.GetTypeUrl()
		nonces[kind], versions[kind] = response.GetNonce(), response.GetVersionInfo()
		switch kind {
		case clusterType:
			names = nil
			inline = map[string][]string{}
			for _, resource := range response.GetResources() {
				cluster := &clusterv3.Cluster{}
				if err := resource.UnmarshalTo(cluster); err != nil {
					return err
				}
				if cluster.GetType() != clusterv3.Cluster_EDS {
					inline[cluster.GetName()] = addresses(cluster.GetLoadAssignment())
					continue
				}
				service := cluster.GetEdsClusterConfig().GetServiceName()
				if service == "" {
					service = cluster.GetName()
				}
				names = append(names, service)
			}
			if err := ask(clusterType, nil); err != nil {
				return err
			}
			// A subscription without names would be one to all of them.
			if len(names) > 0 {
				if err := ask(endpointType, names); err != nil {
					return err
				}
			}
		case endpointType:
			for _, resource := range response.GetResources() {
				assignment := &endpointv3.ClusterLoadAssignment{}
				if err := resource.UnmarshalTo(assignment); err != nil {
					return err
				}
				assigned[assignment.GetClusterName()] = addresses(assignment)
			}
			if err := ask(endpointType, names); err != nil {
				return err
			}
		}
		now := map[string][]string{}
		for cluster, endpoints := range inline {
			now[cluster] = endpoints
		}
		for _, cluster := range names {
			now[cluster] = assigned[cluster]
		}
		line, err := json.Marshal(now)
		if err != nil {
			return err
		}
		if string(line) != last {
			last = string(line)
			fmt.Println(last)
		}
	}
}

func main() {
	flag.Parse()
	log.Fatal(subscribe())
}
