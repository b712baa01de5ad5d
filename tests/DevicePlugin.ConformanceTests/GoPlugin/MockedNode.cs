using System.Text.Json.Nodes;
using DevicePlugin.Gpu;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>
/// A node of the native mock for the published executable: eight GPUs, whose faults come and go in the course of a run by
/// files that take the scenario's place.
/// </summary>
internal sealed class MockedNode : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mocked-");
    private readonly JsonObject _healthy;
    private int _files;
    private int _lines;

    public MockedNode(string scenario = "dgx-h100")
    {
        _healthy = JsonNode.Parse(File.ReadAllText(
            Path.Combine(Repository.Root, "hwmocks", "scenarios", scenario + ".json")))!.AsObject();
        File.WriteAllText(Scenario, _healthy.ToJsonString());
        File.WriteAllText(Whole, _healthy.ToJsonString());
        Directory.CreateDirectory(Path.GetDirectoryName(KernelLog)!);
        File.WriteAllText(KernelLog, "");
    }

    public string Scenario => Path.Combine(_folder.FullName, "scenario.json");

    /// <summary>The scenario without any fault.</summary>
    public string Whole => Path.Combine(_folder.FullName, "whole.json");

    /// <summary>Where the driver's programs are.</summary>
    public string DriverRoot { get; init; } = "/";

    public string Maintenance => Path.Combine(_folder.FullName, "maintenance");

    public string StateFile => Path.Combine(_folder.FullName, "state", "health.json");

    /// <summary>The program that is run when a device changes; empty: none.</summary>
    public string OnChange { get; init; } = "";

    /// <summary>What <c>/dev/kmsg</c> is elsewhere.</summary>
    public string KernelLog => Path.Combine(_folder.FullName, "dev", "kmsg");

    /// <summary>More keys of the block <c>health</c>.</summary>
    public JsonObject HealthKeys { get; init; } = [];

    /// <summary>More lines of the plugin's block.</summary>
    public string Keys { get; init; } = "";

    /// <summary>The file of the plugin.</summary>
    public string Executable { get; init; } = Repository.Executable();

    public string Folder => _folder.FullName;

    /// <summary>What the mock reads.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string> { ["HWMOCKS_SCENARIO"] = Scenario, ["HWMOCKS_CALLS"] = _folder.FullName };

    /// <summary>The file that stands for NVML.</summary>
    public string Library { get; init; } = Mock("libnvidia-ml.so.1");

    /// <summary>A file that hwmocks builds.</summary>
    public static string Mock(string name) =>
        Prerequisite.File(Path.Combine(Repository.Root, "artifacts", "hwmocks", name), "./build.sh hwmocks");

    // A value is written in HCL as it is in JSON.
    private string HealthLines => string.Join('\n', HealthKeys.Select(key => $"{key.Key} = {key.Value?.ToJsonString()}"));

    /// <summary>The plugin's configuration.</summary>
    public string Config =>
        $$"""
        nvml_library       = "{{Library}}"
        dev_root           = "{{Path.GetDirectoryName(KernelLog)}}"
        state_dir          = "{{Path.GetDirectoryName(StateFile)}}"
        maintenance_file   = "{{Maintenance}}"
        fingerprint_period = "1s"
        {{Keys}}
        health {
          call_timeout = "1s"
          on_change    = "{{OnChange}}"
          {{HealthLines}}
        }
        """;

    /// <summary>
    /// The configuration as commands take it. They look for plugins that serve elsewhere, and are not to find those of other
    /// tests.
    /// </summary>
    public string CommandConfig
    {
        get
        {
            var path = Path.Combine(_folder.FullName, "config.json");
            var health = HealthKeys.DeepClone().AsObject();
            health["on_change"] = OnChange;
            File.WriteAllText(path, new JsonObject
            {
                ["nvml_library"] = Library,
                ["dev_root"] = Path.GetDirectoryName(KernelLog),
                ["state_dir"] = Path.GetDirectoryName(StateFile),
                ["maintenance_file"] = Maintenance,
                ["driver_root"] = DriverRoot,
                ["proc_root"] = Proc,
                ["health"] = health,
            }.ToJsonString());
            return path;
        }
    }

    private string Proc => Directory.CreateDirectory(Path.Combine(_folder.FullName, "proc")).FullName;

    /// <summary>A node of the kernel's that stands for that of a GPU, which no driver is behind.</summary>
    public void LinkNode(int gpu, string target) =>
        File.CreateSymbolicLink(Path.Combine(Path.GetDirectoryName(KernelLog)!, $"nvidia{gpu}"), target);

    /// <summary>Shows commands a process of this machine.</summary>
    public void ShowProcess(int id) => Directory.CreateSymbolicLink(Path.Combine(Proc, $"{id}"), $"/proc/{id}");

    /// <summary>From the start of the run on, the driver wants a GPU reset.</summary>
    public void Breaks(int gpu)
    {
        var scenario = _healthy.DeepClone().AsObject();
        scenario["gpus"]![gpu]!["recovery_action"] = "gpu_reset";
        File.WriteAllText(Scenario, scenario.ToJsonString());
    }

    /// <summary>The step that runs a command of the executable on the node.</summary>
    public string Runs(params string[] arguments) =>
        "Run=" + string.Join('|', [Repository.Executable(), .. arguments, "--config", CommandConfig]);

    /// <summary>The same by somebody who has root's rights by sudo.</summary>
    public string RunsAs(string user, params string[] arguments) =>
        $"Run=/usr/bin/env|SUDO_USER={user}|" + Runs(arguments)["Run=".Length..];

    /// <summary>The same with another folder of records, and with all processes of the machine in sight.</summary>
    public string RunsWith(string stateFolder, params string[] arguments)
    {
        var path = Path.Combine(_folder.FullName, $"config-{_files++}.json");
        File.WriteAllText(path, new JsonObject { ["nvml_library"] = Library, ["state_dir"] = stateFolder }.ToJsonString());
        return "Run=" + string.Join('|', [Repository.Executable(), .. arguments, "--config", path]);
    }

    /// <summary>The UUID of the GPU at an index.</summary>
    public string Uuid(int gpu) => _healthy["gpus"]![gpu]!["identity"]!["uuid"]!.GetValue<string>();

    /// <summary>The step that gives the node another scenario; without a change it is whole again.</summary>
    public string Becomes(Action<JsonObject>? change = null)
    {
        var scenario = _healthy.DeepClone().AsObject();
        change?.Invoke(scenario);
        return Replaces(Scenario, scenario.ToJsonString());
    }

    /// <summary>The step that puts a file with this text in another one's place.</summary>
    public string Replaces(string file, string text)
    {
        var next = Path.Combine(_folder.FullName, $"next-{_files++}");
        File.WriteAllText(next, text);
        return $"Replace={next},{file}";
    }

    /// <summary>The PCI address of the GPU at an index, as the plugin tells it.</summary>
    public string PciAddress(int gpu) =>
        PciBusId.Normalize(_healthy["gpus"]![gpu]!["pci"]!["bus_id"]!.GetValue<string>())!;

    /// <summary>The PCI address of the GPU at an index, as the kernel log writes it.</summary>
    public string Address(int gpu) =>
        _healthy["gpus"]![gpu]!["pci"]!["bus_id"]!.GetValue<string>()[4..^2].ToLowerInvariant();

    /// <summary>The step that writes lines of the kernel into its log.</summary>
    public string Logs(params string[] lines)
    {
        var next = Path.Combine(_folder.FullName, $"next-{_files++}");
        File.WriteAllLines(next, lines.Select(line => $"4,{_lines++},1,-;{line}"));
        return $"Append={next},{KernelLog}";
    }

    /// <summary>The kernel's line about a GPU that has fallen off the bus.</summary>
    public string Xid79(int gpu) =>
        $"NVRM: Xid (PCI:{Address(gpu)}): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.";

    /// <summary>The step that waits for a call of NVML.</summary>
    public string Called(string function) => $"Called={_folder.FullName},{function}";

    public Task<GoHostRun> RunAsync(params string[] steps) => GoHost.RunAsync(
        Executable, ["-config", Config], steps, Environment);

    // A process that asks CUDA may outlive the plugin that started it for a moment, and counts its calls here.
    public void Dispose() => SpinWait.SpinUntil(TryDelete, TimeSpan.FromSeconds(10));

    private bool TryDelete()
    {
        try
        {
            _folder.Delete(recursive: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
