using System.Text.Json.Nodes;
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

    public MockedNode()
    {
        _healthy = JsonNode.Parse(File.ReadAllText(
            Path.Combine(Repository.Root, "hwmocks", "scenarios", "dgx-h100.json")))!.AsObject();
        File.WriteAllText(Scenario, _healthy.ToJsonString());
        Directory.CreateDirectory(Path.GetDirectoryName(KernelLog)!);
        File.WriteAllText(KernelLog, "");
    }

    public string Scenario => Path.Combine(_folder.FullName, "scenario.json");

    public string Maintenance => Path.Combine(_folder.FullName, "maintenance");

    public string StateFile => Path.Combine(_folder.FullName, "state", "health.json");

    /// <summary>The program that is run when a device changes; empty: none.</summary>
    public string OnChange { get; init; } = "";

    /// <summary>What <c>/dev/kmsg</c> is elsewhere.</summary>
    public string KernelLog => Path.Combine(_folder.FullName, "dev", "kmsg");

    /// <summary>More keys of the block <c>health</c>.</summary>
    public string HealthKeys { get; init; } = "";

    private static string Library => Prerequisite.File(
        Path.Combine(Repository.Root, "artifacts", "hwmocks", "libnvidia-ml.so.1"), "./build.sh hwmocks");

    private string Config =>
        $$"""
        nvml_library       = "{{Library}}"
        dev_root           = "{{Path.GetDirectoryName(KernelLog)}}"
        state_dir          = "{{Path.GetDirectoryName(StateFile)}}"
        maintenance_file   = "{{Maintenance}}"
        fingerprint_period = "1s"
        health {
          call_timeout = "1s"
          on_change    = "{{OnChange}}"
          {{HealthKeys}}
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
            File.WriteAllText(path, new JsonObject
            {
                ["nvml_library"] = Library,
                ["dev_root"] = Path.GetDirectoryName(KernelLog),
                ["state_dir"] = Path.GetDirectoryName(StateFile),
                ["maintenance_file"] = Maintenance,
                ["proc_root"] = Path.Combine(_folder.FullName, "proc"),
                ["health"] = new JsonObject { ["on_change"] = OnChange },
            }.ToJsonString());
            return path;
        }
    }

    /// <summary>The step that runs a command of the executable on the node.</summary>
    public string Runs(params string[] arguments) =>
        "Run=" + string.Join('|', [Repository.Executable(), .. arguments, "--config", CommandConfig]);

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

    /// <summary>The step that waits for a call of NVML.</summary>
    public string Called(string function) => $"Called={_folder.FullName},{function}";

    public Task<GoHostRun> RunAsync(params string[] steps) => GoHost.RunAsync(
        Repository.Executable(), ["-config", Config], steps,
        new Dictionary<string, string> { ["HWMOCKS_SCENARIO"] = Scenario, ["HWMOCKS_CALLS"] = _folder.FullName });

    public void Dispose() => _folder.Delete(recursive: true);
}
