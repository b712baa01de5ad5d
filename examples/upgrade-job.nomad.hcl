# Upgrades the plugin on each GPU node, once: a new version of the job, such as another checksum, runs again. The archive is verified
# before it is unpacked. install tries the new file with the node's configuration, replaces the old one in one step and has the agent
# start it; nothing is drained, and tasks keep running. A node where something is wrong fails its allocation with the reason, and goes
# on with the old version.
#
# Try it on one node first, with a constraint on node.unique.name, and leave out nodes without the plugin, for example by node_pool.
# raw_exec must be enabled, and the agent must run as root.
#
# Agent: agent.hcl

job "upgrade-nomad-device-gpu" {
  datacenters = ["*"]
  type        = "sysbatch"

  constraint {
    attribute = "${attr.cpu.arch}"
    value     = "amd64"
  }

  group "upgrade" {
    # What failed is to be looked at, not repeated.
    restart {
      attempts = 0
      mode     = "fail"
    }

    task "install" {
      driver = "raw_exec"

      artifact {
        source      = "https://releases.example.com/nomad-device-gpu_1.0.0_linux_amd64.zip"
        destination = "local"

        options {
          checksum = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
        }
      }

      config {
        command = "local/nomad-device-gpu"
        args    = ["install", "--restart-plugin", "--agent-config", "/etc/nomad.d"]
      }

      resources {
        cpu    = 100
        memory = 256
      }
    }
  }
}
