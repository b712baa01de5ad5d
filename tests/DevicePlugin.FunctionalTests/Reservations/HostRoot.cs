using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.Gpu;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Reservations;

/// <summary>
/// A node's files as a driver leaves them, for the GPUs of a scenario: the mock libraries under their versions, character
/// devices for nodes, and the kernel's list of capabilities.
/// </summary>
internal sealed class HostRoot : IDisposable
{
    private readonly JsonElement _scenario;
    private int _lastCapability = 20;

    /// <param name="scenario">A built-in one, or one of the files beside these tests.</param>
    public HostRoot(string scenario)
    {
        ScenarioPath = scenario.EndsWith(".json", StringComparison.Ordinal)
            ? System.IO.Path.Combine(
                Repository.Root, "tests", "DevicePlugin.FunctionalTests", "Serving", "Fixtures", scenario)
            : PluginProcess.BuiltIn(scenario);
        using var document = JsonDocument.Parse(File.ReadAllBytes(ScenarioPath));
        _scenario = document.RootElement.Clone();
        WriteLibraries(_scenario.GetProperty("driver").GetProperty("version").GetString()!);
        if (Gpus().Any(gpu => MinorOf(gpu) is not null))
        {
            MakeNodes(["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"]);
            MakeNodes(Gpus().Select(gpu => $"nvidia{MinorOf(gpu)}"));
        }

        Directory.CreateDirectory(Below("proc", "driver", "nvidia"));
        NumberCapabilities();
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("host").FullName;

    public string ScenarioPath { get; private set; }

    public string DevRoot => Below("dev");

    public string ProcRoot => Below("proc");

    public string DriverRoot => Below("driver");

    public string SysRoot => Below("sys");

    public string SpecFolder => Below("cdi");

    public string SpecPath => Below("cdi", "nomad-device-gpu.json");

    public string MaintenancePath => Below("maintenance");

    /// <summary>The plugin's configuration for this node.</summary>
    public string Configuration(string reserve, bool isHealthJudged = true) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["driver_root"] = DriverRoot,
        ["dev_root"] = DevRoot,
        ["proc_root"] = ProcRoot,
        ["sys_root"] = SysRoot,
        ["fingerprint_period"] = "1s",
        ["state_dir"] = Below("state"),
        ["maintenance_file"] = MaintenancePath,
        ["health"] = new Dictionary<string, object> { ["enabled"] = isHealthJudged },
        ["reserve"] = JsonDocument.Parse(reserve).RootElement,
    });

    /// <summary>Gives every MIG instance new capability numbers, as when the instances are created again.</summary>
    public void NumberCapabilities()
    {
        foreach (var gpu in Gpus())
        {
            foreach (var instance in InstancesOf(gpu))
            {
                var gi = instance.GetProperty("gpu_instance").GetInt32();
                var folder = Directory.CreateDirectory(
                    Below("proc", "driver", "nvidia", "capabilities", $"gpu{MinorOf(gpu)}", "mig", $"gi{gi}"));
                var ci = folder.CreateSubdirectory($"ci{instance.GetProperty("compute_instance").GetInt32()}");
                WriteCapability(folder.FullName);
                WriteCapability(ci.FullName);
            }
        }
    }

    /// <summary>Plays a changed node from now on.</summary>
    public void Change(Action<JsonObject> change)
    {
        var changed = MockScenario.With(File.ReadAllText(ScenarioPath), change);
        ScenarioPath = Below("scenario.json");
        File.WriteAllText(ScenarioPath + ".new", changed);
        File.Move(ScenarioPath + ".new", ScenarioPath, overwrite: true);
    }

    /// <summary>The kernel module's files about all GPUs of the node.</summary>
    public void ListGpus()
    {
        foreach (var gpu in Gpus())
        {
            var address = PciBusId.Normalize(gpu.GetProperty("pci").GetProperty("bus_id").GetString()!)!;
            var folder = Directory.CreateDirectory(Below("proc", "driver", "nvidia", "gpus", address)).FullName;
            File.WriteAllText(
                System.IO.Path.Combine(folder, "information"),
                $"Model: \t\t {NameOf(gpu)}\nGPU UUID: \t {UuidOf(gpu)}\nDevice Minor: \t {MinorOf(gpu)}\n");
        }
    }

    /// <summary>
    /// Nodes for rendering and sysfs's word on them. The cards count from the last GPU, since nothing makes their order that of the
    /// GPUs.
    /// </summary>
    /// <returns>By UUID of the GPU, the names of its nodes.</returns>
    public Dictionary<string, string[]> MakeRenderNodes()
    {
        var names = new Dictionary<string, string[]>();
        var gpus = Gpus();
        for (var i = 0; i < gpus.Length; i++)
        {
            var number = gpus.Length - 1 - i;
            string[] own = [$"card{number}", $"renderD{128 + number}"];
            var address = PciBusId.Normalize(gpus[i].GetProperty("pci").GetProperty("bus_id").GetString()!)!;
            for (var n = 0; n < own.Length; n++)
            {
                var minor = number + (n * 128);
                var folder = Directory.CreateDirectory(Below("sys", "bus", "pci", "devices", address, "drm", own[n])).FullName;
                File.WriteAllText(System.IO.Path.Combine(folder, "dev"), $"226:{minor}\n");
                Shell.Run($"mkdir -p '{DevRoot}/dri' && mknod '{DevRoot}/dri/{own[n]}' c 226 {minor}");
            }

            names[UuidOf(gpus[i])] = [.. own.Select(name => $"dri/{name}")];
        }

        return names;
    }

    /// <summary>A daemon's socket, as long as the result is not disposed of.</summary>
    public Socket Listen(string daemon)
    {
        var folder = Directory.CreateDirectory(Below("driver", "run", daemon)).FullName;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(System.IO.Path.Combine(folder, "socket")));
        socket.Listen();
        return socket;
    }

    /// <summary>Libraries and files of graphics, as far as their names go.</summary>
    public void InstallGraphics()
    {
        var version = _scenario.GetProperty("driver").GetProperty("version").GetString()!;
        var folder = Below("driver", "usr", "lib", "x86_64-linux-gnu");
        File.WriteAllBytes(
            System.IO.Path.Combine(folder, $"libGLX_nvidia.so.{version}"), ElfImage.Create("libGLX_nvidia.so.0"));
        File.CreateSymbolicLink(System.IO.Path.Combine(folder, "libGLX_nvidia.so.0"), $"libGLX_nvidia.so.{version}");
        var vulkan = Directory.CreateDirectory(Below("driver", "usr", "share", "vulkan", "icd.d")).FullName;
        File.WriteAllText(System.IO.Path.Combine(vulkan, "nvidia_icd.json"), "{}\n");
    }

    // The null device under another name: what matters is that it is a device that opens.
    public void MakeNodes(IEnumerable<string> names)
    {
        var commands = names.Select(name =>
            $"mkdir -p \"$(dirname '{DevRoot}/{name}')\" && mknod '{DevRoot}/{name}' c 1 3");
        Shell.Run(string.Join('\n', commands));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string UuidOf(JsonElement gpu) => gpu.GetProperty("identity").GetProperty("uuid").GetString()!;

    private string NameOf(JsonElement gpu) =>
        (gpu.TryGetProperty("model", out var model) ? _scenario.GetProperty("models").GetProperty(model.GetString()!) : gpu)
            .GetProperty("identity").GetProperty("name").GetString()!;

    private static int? MinorOf(JsonElement gpu) =>
        gpu.GetProperty("identity").TryGetProperty("minor_number", out var minor) && minor.ValueKind == JsonValueKind.Number
            ? minor.GetInt32()
            : null;

    private static JsonElement[] InstancesOf(JsonElement gpu) =>
        gpu.TryGetProperty("mig", out var mig) && mig.TryGetProperty("instances", out var instances)
            ? [.. instances.EnumerateArray()]
            : [];

    private string Below(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private JsonElement[] Gpus() => [.. _scenario.GetProperty("gpus").EnumerateArray()];

    private void WriteLibraries(string version)
    {
        var folder = Directory.CreateDirectory(Below("driver", "usr", "lib", "x86_64-linux-gnu")).FullName;
        var mocks = System.IO.Path.GetDirectoryName(PluginProcess.MockLibrary())!;
        foreach (var name in (string[])["libnvidia-ml.so", "libcuda.so"])
        {
            File.Copy(System.IO.Path.Combine(mocks, $"{name}.1"), System.IO.Path.Combine(folder, $"{name}.{version}"));
            File.CreateSymbolicLink(System.IO.Path.Combine(folder, $"{name}.1"), $"{name}.{version}");
        }

        var tool = Directory.CreateDirectory(Below("driver", "usr", "bin")).FullName;
        File.Copy("/bin/true", System.IO.Path.Combine(tool, "nvidia-smi"));
    }

    private void WriteCapability(string folder)
    {
        _lastCapability++;
        File.WriteAllText(
            System.IO.Path.Combine(folder, "access"),
            $"DeviceFileMinor: {_lastCapability}\nDeviceFileMode: 292\nDeviceFileModify: 1\n");
        MakeNodes([$"nvidia-caps/nvidia-cap{_lastCapability}"]);
    }
}
