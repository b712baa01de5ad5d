using System.Collections.Immutable;
using System.Text.Json.Nodes;
using DevicePlugin.Benchmarks.Health;

namespace DevicePlugin.Benchmarks.Soak;

/// <summary>A node of eight simulated GPUs whose faults come and go, and which of its GPUs the plugin must report healthy.</summary>
internal sealed class SoakNode : IDisposable
{
    private readonly SickNode _node;
    private readonly HashSet<int> _unfit = [];
    private int _logLines;
    private bool _isUnavailable;

    public SoakNode(string repository, int port)
    {
        _node = new SickNode(repository);
        Uuids = [.. Enumerable.Range(0, SickNode.Gpus).Select(_node.UuidOf)];
        Directory.CreateDirectory(DevRoot);
        Directory.CreateDirectory(Locate("proc"));
        File.WriteAllText(KernelLog, "");
        var library = Path.Combine(repository, "artifacts", "hwmocks", "libnvidia-ml.so.1");
        Configuration =
            $$"""
            nvml_library       = "{{library}}"
            dev_root           = "{{DevRoot}}"
            fingerprint_period = "1s"
            {{_node.Configuration}}
            health {
              call_timeout = "2s"
            }
            metrics {
              address = "127.0.0.1:{{port}}"
            }
            """;
        File.WriteAllText(CommandConfig, new JsonObject
        {
            ["nvml_library"] = library,
            ["dev_root"] = DevRoot,
            ["proc_root"] = Locate("proc"),
            ["state_dir"] = Locate("state"),
            ["maintenance_file"] = Maintenance,
        }.ToJsonString());
    }

    public ImmutableArray<string> Uuids { get; }

    public IReadOnlyDictionary<string, string> Environment => _node.Environment;

    public string Configuration { get; }

    /// <summary>The configuration for commands. Its <c>proc_root</c> is empty, so they do not find plugins of other nodes.</summary>
    public string CommandConfig => Locate("config.json");

    /// <summary>The devices that the plugin must report healthy. All others must be unhealthy.</summary>
    public ImmutableSortedSet<string> Healthy => _isUnavailable
        ? []
        : [.. Enumerable.Range(0, Uuids.Length).Where(gpu => !_unfit.Contains(gpu)).Select(gpu => Uuids[gpu])];

    private string DevRoot => Locate("dev");

    private string KernelLog => Path.Combine(DevRoot, "kmsg");

    private string Maintenance => Locate("maintenance");

    public bool IsUnfit(int gpu) => _unfit.Contains(gpu);

    /// <summary>Sets whether the plugin must report the GPU unhealthy.</summary>
    public void Expect(int gpu, bool unfit)
    {
        if (unfit)
        {
            _unfit.Add(gpu);
        }
        else
        {
            _unfit.Remove(gpu);
        }
    }

    public void SetRecoveryAction(int gpu, string action) =>
        _node.Change(scenario => scenario["gpus"]![gpu]!["recovery_action"] = action);

    public void Hang(int gpu) => _node.Hang(gpu, "nvmlDeviceGetTemperature*");

    public void EndHangs() => _node.Change(scenario => scenario["calls"] = new JsonArray());

    public void RaiseXid(int gpu, int xid) => _node.RaiseXid(gpu, xid);

    public void ForgetEvents() => _node.Change(scenario => scenario["timeline"] = new JsonArray());

    public void LogXid(int gpu, int xid) => _node.Change(scenario =>
    {
        var address = scenario["gpus"]![gpu]!["pci"]!["bus_id"]!.GetValue<string>()[4..^2].ToLowerInvariant();
        File.AppendAllText(KernelLog, $"4,{_logLines++},1,-;NVRM: Xid (PCI:{address}): {xid}, pid=1234, name=python3\n");
    });

    public void SetDriver(bool loaded)
    {
        _isUnavailable = !loaded;
        _node.Change(scenario => scenario["driver"]!["state"] = loaded ? "loaded" : "not_loaded");
    }

    public void SetMaintenance(bool inMaintenance)
    {
        _isUnavailable = inMaintenance;
        if (inMaintenance)
        {
            File.WriteAllText(Maintenance, "soak\n");
        }
        else
        {
            File.Delete(Maintenance);
        }
    }

    public void Dispose() => _node.Dispose();

    private string Locate(string name) => Path.Combine(_node.Folder, name);
}
