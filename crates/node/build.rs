//! Generates the gRPC types of `proto/` without protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let protos = ["proto/cri.proto", "proto/containerd_events.proto", "proto/grpc_health.proto"];
    for proto in protos {
        println!("cargo::rerun-if-changed={proto}");
    }
    let descriptors = protox::compile(protos, ["proto"])?;
    tonic_prost_build::configure().build_server(false).compile_fds(descriptors)?;
    Ok(())
}
