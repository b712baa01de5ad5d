using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// Takes the snapshot of the node's files that a reservation is planned from. A few system calls a device and no NVML; the
/// driver's files are searched again only after one of their folders changed. Waits a second at most, for the kernel module
/// to say whose nodes are whose.
/// </summary>
public sealed class NodeFileReader(NodeFileOptions options, TimeProvider? time = null)
{
    private readonly DriverFileSearch _driver = new(options.DriverRoot, options.Capabilities, options.NeededCapabilities);
    private readonly RenderNodeSearch _render = new(options);
    private readonly ExtraNodeSearch _extra = new(options);
    private readonly KernelGpuCheck _kernel = new(new KernelGpuFiles(options.ProcRoot, time ?? TimeProvider.System));

    /// <summary>
    /// The files of these devices and those that all share. Never throws: what cannot be read does not exist.
    /// </summary>
    public NodeFiles Read(ImmutableArray<GpuDevice> gpus, DriverStatus driver) => Read(gpus, driver, []);

    /// <inheritdoc cref="Read(ImmutableArray{GpuDevice}, DriverStatus)"/>
    /// <param name="gpus">The devices.</param>
    /// <param name="driver">Whose libraries are looked for.</param>
    /// <param name="missing">Gets the nodes that a device needs and that are not there, none twice.</param>
    internal NodeFiles Read(ImmutableArray<GpuDevice> gpus, DriverStatus driver, List<MissingNode> missing)
    {
        var isWsl = WslFiles.AreIn(options);
        var numbers = new NodeNumbers(new CharacterDevices(TextFile.TryRead(Path.Combine(options.ProcRoot, "devices"))));
        var shared = ImmutableArray.CreateBuilder<string>();
        if (!isWsl)
        {
            AddShared(numbers, shared);
        }

        _extra.AddNodes(shared);

        // What is remembered of a GPU has no minor number, and the libraries on disk may be those of the next driver.
        var unused = driver.IsLoaded ? null : $"no driver is in use: {driver.Reason}";

        // Its threads are its own, so that nothing it waits for needs this one.
        var objections = _kernel.FindObjectionsAsync(gpus).GetAwaiter().GetResult();
        var sharedProblem = new Lazy<string?>(() => FindSharedProblem(numbers, missing));
        var devices = ImmutableArray.CreateBuilder<DeviceFiles>(gpus.Length);
        foreach (var gpu in gpus)
        {
            devices.Add(unused is not null ? new DeviceFiles(gpu.Uuid, []) { Problem = unused }
                : objections.TryGetValue(gpu.PhysicalUuid, out var objection)
                ? new DeviceFiles(gpu.Uuid, []) { Problem = objection.Reason, IsContradicted = objection.IsContradiction }
                : isWsl ? WslFiles.Of(gpu) : ReadDevice(gpu, numbers, sharedProblem, missing));
        }

        return new NodeFiles
        {
            DevRoot = options.DevRoot,
            SharedNodes = shared.ToImmutable(),
            Devices = devices.MoveToImmutable(),
            ExtraMounts = _extra.FindMounts(),
            Driver = !options.DriverLibraries ? null
                : unused is not null ? new DriverFiles([]) { Problem = unused }
                : isWsl ? WslFiles.FindDriver(options.DriverRoot) : _driver.Find(driver.Version),
            MissingFolders = [.. options.Folders.Where(folder => !Directory.Exists(folder))],
        };
    }

    private void AddShared(NodeNumbers numbers, ImmutableArray<string>.Builder shared)
    {
        ReadOnlySpan<(string Name, ExpectedNumbers Expected)> nodes =
        [
            ("nvidiactl", numbers.OfControl), ("nvidia-uvm", numbers.OfUnifiedMemory),
            ("nvidia-uvm-tools", numbers.OfUnifiedMemoryTools), ("nvidia-modeset", numbers.OfModeSetting),
        ];
        foreach (var (name, expected) in nodes)
        {
            if (Exists(name) && expected.Allow(Path.Combine(options.DevRoot, name)))
            {
                shared.Add(name);
            }
        }
    }

    private DeviceFiles ReadDevice(GpuDevice gpu, NodeNumbers numbers, Lazy<string?> sharedProblem, List<MissingNode> missing)
    {
        if (gpu.MinorNumber is not { } minor)
        {
            return new DeviceFiles(gpu.Uuid, [])
            {
                Problem = TegraGpu.Is(gpu) ? TegraGpu.Obstacle : "the driver reports no minor number for it",
            };
        }

        var nodes = ImmutableArray.CreateBuilder<string>();
        var number = minor.ToString(CultureInfo.InvariantCulture);
        var problem = AddNode(
            new MissingNode($"nvidia{number}", ["-c", number]), numbers.OfGpu(minor), "nvidia-smi", nodes, missing);
        if (gpu.Mig is { } mig)
        {
            // Numbers change when instances are recreated, so they are never kept.
            var instance = string.Create(CultureInfo.InvariantCulture, $"gpu{minor}/mig/gi{mig.GpuInstanceId}");
            var access = string.Create(CultureInfo.InvariantCulture, $"{instance}/ci{mig.ComputeInstanceId}/access");
            problem = First(problem, AddCapability($"{instance}/access", numbers, nodes, missing));
            problem = First(problem, AddCapability(access, numbers, nodes, missing));
        }

        problem = First(problem, _render.AddNodes(gpu, nodes));
        return new DeviceFiles(gpu.Uuid, nodes.ToImmutable()) { Problem = First(problem, sharedProblem.Value) };
    }

    // All are looked for, also when one is known to be missing: what makes them is told of each.
    private static string? First(string? problem, string? other) => problem ?? other;

    // CUDA opens both in every process, whatever the device (cuInit fails with 999 without them).
    private string? FindSharedProblem(NodeNumbers numbers, List<MissingNode> missing) => First(
        First(
            Require(new MissingNode("nvidiactl", ["-c", "255"]), numbers.OfControl, "nvidia-smi", missing),
            Require(new MissingNode("nvidia-uvm", ["-u", "-c", "0"]), numbers.OfUnifiedMemory, "nvidia-modprobe -u -c 0", missing)),
        _extra.FindProblem());

    private string? AddCapability(
        string name, NodeNumbers numbers, ImmutableArray<string>.Builder nodes, List<MissingNode> missing)
    {
        var path = Path.Combine(options.ProcRoot, "driver", "nvidia", "capabilities", name);
        return CapabilityFile.ReadMinor(path) is { } number
            ? AddNode(
                new MissingNode(
                    string.Create(CultureInfo.InvariantCulture, $"nvidia-caps/nvidia-cap{number}"), ["-f", path]),
                numbers.OfCapability(number), $"nvidia-modprobe -f {path}", nodes, missing)
            : $"\"{path}\" does not name the node of its MIG capability";
    }

    private string? AddNode(
        MissingNode node, ExpectedNumbers expected, string maker, ImmutableArray<string>.Builder nodes, List<MissingNode> missing)
    {
        var problem = Require(node, expected, maker, missing);
        if (problem is null)
        {
            nodes.Add(node.Name);
        }

        return problem;
    }

    private string? Require(MissingNode node, ExpectedNumbers expected, string maker, List<MissingNode> missing)
    {
        if (Exists(node.Name))
        {
            return expected.FindProblem(Path.Combine(options.DevRoot, node.Name), maker);
        }

        if (!missing.Exists(other => other.Name == node.Name))
        {
            missing.Add(node);
        }

        return $"the device node \"{Path.Combine(options.DevRoot, node.Name)}\" does not exist; run \"{maker}\" as root, which "
            + "creates it";
    }

    private bool Exists(string name)
    {
        var path = Path.Combine(options.DevRoot, name);
        return File.Exists(path) && FileStatus.IsThere(path);
    }
}
