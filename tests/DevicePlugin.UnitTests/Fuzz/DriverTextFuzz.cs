using System.Text.Json;
using DevicePlugin.Comparison;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Cuda;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.KernelLog;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.State;
using DevicePlugin.Tests.Fuzz;

namespace DevicePlugin.UnitTests.Fuzz;

/// <summary>Text files of the kernel and the driver, and what the driver's programs print.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DriverTextFuzz
{
    private const string Information =
        """
        Model: 		 NVIDIA H100 80GB HBM3
        IRQ:   		 16
        GPU UUID: 	 GPU-6ee8edb5-0ab0-4b5a-8ad9-7d3a8ad15fc1
        Video BIOS: 	 96.00.30.00.01
        Bus Type: 	 PCIe
        Bus Location: 	 0000:3b:00.0
        Device Minor: 	 0
        GPU Excluded:	 No

        """;

    private const string Devices =
        "Character devices:\n  1 mem\n195 nvidia\n195 nvidiactl\n235 nvidia-caps\n511 nvidia-uvm\n\nBlock devices:\n  7 loop\n";

    private const string Capability = "DeviceFileMinor: 12\nDeviceFileMode: 292\nDeviceFileModify: 1\n";

    private const string Version =
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.105.08  Release Build  (root@host)\nGCC version:  gcc 13\n";

    private const string MemInfo = "MemTotal:       131072000 kB\nMemFree:        1 kB\nMemAvailable:   65536000 kB\n";

    private const string Cuda =
        """
        {"devices":[{"uuid":"GPU-1","l2_cache_kib":51200,"sm_count":132,"total_memory_mib":81559.5,"is_integrated":false,"managed_memory":true}]}
        """;

    private const string Smi =
        """
        <?xml version="1.0" ?>
        <!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
        <nvidia_smi_log><driver_version>580.105.08</driver_version><gpu id="00000000:3B:00.0"><product_name>NVIDIA H100 &amp; x</product_name>
        <pci><pci_bus_id>00000000:3B:00.0</pci_bus_id></pci><supported_mem_clock></supported_mem_clock></supported_mem_clock>
        <fb_memory_usage><total>81559 MiB</total><used>0 MiB</used></fb_memory_usage><mig_mode><current_mig>Enabled</current_mig></mig_mode>
        <mig_devices><mig_device><index>0</index></mig_device></mig_devices><empty/></gpu></nvidia_smi_log>
        """;

    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("fz").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void FilesOfTheKernel_AreReadOrSayNothing() => new FuzzRun(3000, Information, Devices, Capability, Version, MemInfo)
    {
        Words = ["GPU-????????-????-????-????-????????????", "Unknown", "Device Minor: ", "GPU UUID:", "DeviceFileMinor:", "Kernel Module", "1048576"],
    }.Run(input =>
    {
        var text = System.Text.Encoding.UTF8.GetString(input);
        var gpu = KernelGpu.Parse("0000:3b:00.0", text);
        FuzzRun.Require(gpu.MinorNumber is null or >= 0, "a negative minor number");
        FuzzRun.Require(gpu.Uuid is null || !gpu.Uuid.Contains('?'), "a UUID with question marks");
        FuzzRun.Require(gpu.Model is null || !gpu.Model.Any(char.IsControl), "a model with control characters");
        FuzzRun.Require(CapabilityFile.ParseMinor(input) is null or (>= 0 and < 1 << 20), "no minor number");
        FuzzRun.Require(SystemMemory.Parse(text) is not { } memory || memory.AvailableKiB <= memory.TotalKiB, "more memory than there is");
        FuzzRun.Require(SystemMemory.Parse(text) is not { } found || found is { TotalKiB: >= 0, AvailableKiB: >= 0 }, "negative memory");
        FuzzRun.Require(DriverHint.ModuleVersion(text) is not { } version || char.IsAsciiDigit(version[0]), "a version without a number");
        var devices = new CharacterDevices(text);
        FuzzRun.Require(devices is { Gpus: null or >= 0, UnifiedMemory: null or >= 0, Capabilities: null or >= 0 }, "a negative major number");
    });

    [Test]
    public void FilesUnderProcAndSys_AreReadOrSayNothing()
    {
        var options = new NvmlOptions { ProcRoot = _folder, SysfsRoot = _folder };
        var gpu = Write("driver/nvidia/gpus/0000:3b:00.0/information", "");
        var device = Directory.CreateDirectory(Path.Combine(_folder, "bus/pci/devices/0000:3b:00.0")).FullName;
        var module = Directory.CreateDirectory(Path.Combine(_folder, "module/nvidia")).FullName;
        Directory.CreateDirectory(Path.Combine(_folder, "sys/kernel/random"));
        new FuzzRun(200, Information, "5529.43 4000.10\n", "a1b2c3d4-0000-4000-8000-000000000001\n", "580.105.08\n", "1\n", "-1\n").Run(input =>
        {
            foreach (var path in new[]
            {
                gpu, Path.Combine(_folder, "uptime"), Path.Combine(_folder, "sys/kernel/random/boot_id"), Path.Combine(device, "numa_node"),
                Path.Combine(module, "version"), Path.Combine(_folder, "meminfo"),
            })
            {
                File.WriteAllBytes(path, input);
            }

            FuzzRun.Require(BootClock.ReadUptime(_folder) is not { } uptime || uptime >= TimeSpan.Zero, "a negative uptime");
            FuzzRun.Require(BootId.Read(_folder) is null or { Length: > 0 }, "an empty boot id");
            FuzzRun.Require(PciNumaNode.Read(_folder, "0000:3b:00.0") is null or >= 0, "a negative NUMA node");
            SystemMemory.Read(_folder);
            DriverLoadReader.Read(options);
            DriverLoadReader.ReadAge(options, DateTimeOffset.UnixEpoch);
            new KernelLogClock(_folder, TimeProvider.System).DateOf(long.MaxValue);
            var addresses = new GpuAddresses(_folder);
            addresses.AskKernel("0000:3b:00.0");
            FuzzRun.Require(
                addresses.Find("0000:3b:00.0") is not { } uuid || uuid.StartsWith("GPU-", StringComparison.Ordinal), "a UUID that is none");
        });
    }

    [Test]
    public void PciAddress_IsNormalizedOrRefused() => new FuzzRun(4000, "00000000:3B:00.0", "3b:00", "0000:3b:1f.7", "10000:01:00.0").RunText(text =>
    {
        if (PciBusId.Normalize(text) is { } address)
        {
            FuzzRun.Require(PciBusId.Normalize(address) == address, "what is normal is not normal");
        }
    });

    [Test]
    public void CudaReport_IsReadOrRefused_AndReadsBackTheSame() => new FuzzRun(
        4000, Cuda, """{"error":"no CUDA driver"}""").RunText(text =>
    {
        CudaReport report;
        try
        {
            report = CudaJson.Read(text);
        }
        catch (JsonException)
        {
            return;
        }

        var written = CudaJson.Write(report);
        FuzzRun.Require(CudaJson.Write(CudaJson.Read(written)) == written, "what was read is not what is read again");
    });

    [Test]
    public void NvidiaSmi_IsReadOrRefused_AndCompared() => new FuzzRun(1500, Smi)
    {
        MostAllocated = 256 << 20,
        Words = ["<gpu>", "</gpu>", "<x/>", "</nvidia_smi_log>", "<?", "<!--", "-->", "<", ">", "&lt;", "&amp;lt;", "N/A", "[N/A]", "MiB"],
    }.RunText(text =>
    {
        try
        {
            SmiComparison.Compare(SmiXml.Read(text), [NewReport()]);
        }
        catch (FormatException exception)
        {
            FuzzRun.Require(exception.Message.Length > 0, "an exception without a message");
        }
    });

    private static Comparison.NodeReport NewReport()
    {
        using var fingerprint = JsonDocument.Parse(
            """{"driver":{"version":"580.105.08"},"groups":[{"name":"NVIDIA H100","attributes":{},"devices":[{"id":"GPU-1","pci_bus_id":"0000:3b:00.0","healthy":true}]}]}""");
        using var statistics = JsonDocument.Parse("""{"groups":[{"name":"NVIDIA H100","instances":{"GPU-1":{"stats":{}}}}]}""");
        return new Comparison.NodeReport(fingerprint.RootElement.Clone(), statistics.RootElement.Clone());
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
