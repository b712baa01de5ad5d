using System.Collections.Immutable;
using System.Text.Json.Nodes;
using DevicePlugin.Benchmarks.Hardware;

namespace DevicePlugin.Benchmarks.Soak;

/// <summary>A node of eight GPUs on the native mock, and what the plugin has to say about each of them.</summary>
internal sealed class SoakNode : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("soak").FullName;
    private readonly string _library;
    private readonly JsonObject _scenario;
    private readonly HashSet<int> _unfit = [];
    private int _logLines;
    private int _events;
    private bool _isUnavailable;

    public SoakNode(string repository, int port)
    {
        var mocks = Path.Combine(repository, "artifacts", "hwmocks");
        var template = Path.Combine(repository, "hwmocks", "scenarios", "dgx-h100.json");
        _library = Path.Combine(mocks, "libnvidia-ml.so.1");
        _scenario = JsonNode.Parse(File.ReadAllText(template))!.AsObject();
        _scenario["timeline"] = new JsonArray();
        _scenario["calls"] = new JsonArray();
        Uuids = [.. _scenario["gpus"]!.AsArray().Select(gpu => gpu!["identity"]!["uuid"]!.GetValue<string>())];
        Directory.CreateDirectory(Path.Combine(_folder, "dev"));
        Directory.CreateDirectory(Path.Combine(_folder, "proc"));
        File.WriteAllText(KernelLog, "");
        File.WriteAllText(CommandConfig, Keys.ToJsonString());
        Write();
        Environment = MockEnvironment.For(mocks, Scenario, calls: "");
        Configuration =
            $$"""
            nvml_library       = "{{_library}}"
            dev_root           = "{{Path.Combine(_folder, "dev")}}"
            state_dir          = "{{Path.Combine(_folder, "state")}}"
            maintenance_file   = "{{Maintenance}}"
            fingerprint_period = "1s"
            health {
              call_timeout = "2s"
            }
            metrics {
              address = "127.0.0.1:{{port}}"
            }
            """;
    }

    public ImmutableArray<string> Uuids { get; }

    public IReadOnlyDictionary<string, string> Environment { get; }

    public string Configuration { get; }

    /// <summary>The configuration for commands. They look for plugins in another <c>/proc</c>, and do not find those of others.</summary>
    public string CommandConfig => Path.Combine(_folder, "config.json");

    /// <summary>The devices that the plugin must report healthy, and no others.</summary>
    public ImmutableSortedSet<string> Healthy => _isUnavailable
        ? []
        : [.. Enumerable.Range(0, Uuids.Length).Where(gpu => !_unfit.Contains(gpu)).Select(gpu => Uuids[gpu])];

    public bool IsUnfit(int gpu) => _unfit.Contains(gpu);

    private string Scenario => Path.Combine(_folder, "scenario.json");

    private string KernelLog => Path.Combine(_folder, "dev", "kmsg");

    private string Maintenance => Path.Combine(_folder, "maintenance");

    private JsonObject Keys => new()
    {
        ["nvml_library"] = _library,
        ["dev_root"] = Path.Combine(_folder, "dev"),
        ["proc_root"] = Path.Combine(_folder, "proc"),
        ["state_dir"] = Path.Combine(_folder, "state"),
        ["maintenance_file"] = Maintenance,
    };

    /// <summary>What the driver, the kernel or an operator says of a GPU has made it unfit, or has ended that.</summary>
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

    public void SetRecoveryAction(int gpu, string? action) => Change(() => Gpu(gpu)["recovery_action"] = action ?? "none");

    public void SetHanging(int gpu, bool hangs) => Change(() => _scenario["calls"] = hangs
        ? new JsonArray(JsonNode.Parse(
            $$"""{"id": "hang-{{_events++}}", "gpu": {{gpu}}, "function": "nvmlDeviceGetTemperature*", "hang": true}"""))
        : []);

    /// <summary>The driver sends an event. It is sent once to each process that reads the scenario.</summary>
    public void RaiseXid(int gpu, int xid) => Change(() => _scenario["timeline"]!.AsArray().Add(JsonNode.Parse(
        $$"""{"id": "xid-{{_events++}}", "at": 0, "gpu": {{gpu}}, "event": {"type": "xid", "data": {{xid}} } }""")));

    public void ForgetEvents() => Change(() => _scenario["timeline"] = new JsonArray());

    public void LogXid(int gpu, int xid)
    {
        var address = Gpu(gpu)["pci"]!["bus_id"]!.GetValue<string>()[4..^2].ToLowerInvariant();
        File.AppendAllText(KernelLog, $"4,{_logLines++},1,-;NVRM: Xid (PCI:{address}): {xid}, pid=1234, name=python3\n");
    }

    public void SetDriver(bool loaded)
    {
        _isUnavailable = !loaded;
        Change(() => _scenario["driver"]!["state"] = loaded ? "loaded" : "not_loaded");
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

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private JsonObject Gpu(int gpu) => _scenario["gpus"]![gpu]!.AsObject();

    private void Change(Action change)
    {
        change();
        Write();
    }

    private void Write()
    {
        File.WriteAllText($"{Scenario}.new", _scenario.ToJsonString());
        File.Move($"{Scenario}.new", Scenario, overwrite: true);
    }
}
