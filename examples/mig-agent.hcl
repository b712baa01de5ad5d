# A node with GPUs in MIG mode. Nothing has to be said: each instance is a device of the group of its profile, for example
# "NVIDIA A100-SXM4-40GB MIG 1g.5gb", and a GPU without MIG on the same node is a device of its model as always.
# Jobs for instances: mig-job.nomad.hcl.

plugin_dir = "/opt/nomad/plugins"

client {
  enabled = true
}

plugin "nomad-device-gpu" {
  config {
    # A parent hides its instances; an instance is hidden by its own UUID (MIG-...).
    ignored_gpu_ids = []

    # Instances that somebody makes or destroys are seen at once where the driver tells, else with the next refresh.
    fingerprint_period = "30s"
  }
}

plugin "docker" {
  config {
    allow_runtimes = ["runc", "nvidia"]
  }
}
