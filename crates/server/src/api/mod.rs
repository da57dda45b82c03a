//! HTTP: routing, negotiation, streaming, discovery, OpenAPI, proxying to kubelets.
