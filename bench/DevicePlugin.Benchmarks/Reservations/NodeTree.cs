namespace DevicePlugin.Benchmarks.Reservations;

/// <summary>
/// The files of a node with a driver: nodes, the capabilities of MIG instances, and about as many libraries as a driver has
/// among as many others as a distribution has.
/// </summary>
internal sealed class NodeTree : IDisposable
{
    private const int Gpus = 8;
    private const int DriverLibraries = 30;
    private const int OtherLibraries = 2000;
    private const int MostInstances = 14;

    // Of the scenarios that are measured.
    private static readonly string[] Versions = ["580.105.08", "570.148.08"];

    private readonly string _root = Directory.CreateTempSubdirectory("bench").FullName;

    public NodeTree(string mocks)
    {
        foreach (var name in (string[])["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"])
        {
            Write($"dev/{name}", "");
        }

        for (var gpu = 0; gpu < Gpus; gpu++)
        {
            Write($"dev/nvidia{gpu}", "");
            for (var instance = 0; instance <= MostInstances; instance++)
            {
                var number = (gpu * 100) + (instance * 2);
                var folder = $"proc/driver/nvidia/capabilities/gpu{gpu}/mig/gi{instance}";
                WriteCapability($"{folder}/access", number);
                WriteCapability($"{folder}/ci0/access", number + 1);
            }
        }

        WriteLibraries(mocks);
    }

    /// <summary>Where the plugin finds it, in HCL.</summary>
    public string Configuration => $"""
        driver_root = "{_root}"
        dev_root = "{_root}/dev"
        proc_root = "{_root}/proc"
        nvml_library = "libnvidia-ml.so.1"
        """;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void WriteLibraries(string mocks)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, "usr", "lib", "x86_64-linux-gnu")).FullName;
        for (var number = 0; number < OtherLibraries; number++)
        {
            File.WriteAllText(Path.Combine(folder, $"libother{number}.so.1"), "");
        }

        // Each names itself, as those of a driver do, or the search would take them all for one.
        var library = File.ReadAllBytes(Path.Combine(mocks, "libcuda.so.1"));
        var name = "libcuda.so.1"u8.ToArray();
        foreach (var version in Versions)
        {
            for (var number = 0; number < DriverLibraries; number++)
            {
                var copy = library.ToArray();
                var own = System.Text.Encoding.ASCII.GetBytes($"libcu{number:00}.so.1");
                for (var at = copy.AsSpan().IndexOf(name); at >= 0; at = copy.AsSpan().IndexOf(name))
                {
                    own.CopyTo(copy, at);
                }

                File.WriteAllBytes(Path.Combine(folder, $"libcu{number:00}.so.{version}"), copy);
            }
        }
    }

    private void WriteCapability(string path, int number)
    {
        Write(path, $"DeviceFileMinor: {number}\nDeviceFileMode: 292\nDeviceFileModify: 1\n");
        Write($"dev/nvidia-caps/nvidia-cap{number}", "");
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
