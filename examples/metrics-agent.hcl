# Metrics for Prometheus (prometheus.yml, grafana-dashboard.json) and the status page, at http://127.0.0.1:9400/.

plugin_dir = "/opt/nomad/plugins"

client {
  enabled = true
}

plugin "nomad-device-gpu" {
  config {
    metrics {
      # Loopback: whoever may read it from elsewhere comes through a proxy that asks who they are.
      address = "127.0.0.1:9400"

      # Says which allocation uses which GPU. The token needs no more than node:read and namespace read-job.
      nomad_address    = "http://127.0.0.1:4646"
      nomad_token_file = ""
    }
  }
}
