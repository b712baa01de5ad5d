using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

/// <summary>What each word of <c>driver_capabilities</c> brings from a whole driver, as the .run installer leaves it.</summary>
internal sealed class DriverCapabilityTests
{
    private const string Version = "580.105.08";
    private const string Folder = "usr/lib/x86_64-linux-gnu";
    private const string Libraries = "/usr/local/nvidia/lib64/";
    private const string Tools = "/usr/local/nvidia/bin/";

    private TemporaryTree _tree = null!;

    [SetUp]
    public void SetUp()
    {
        _tree = new TemporaryTree();
        foreach (var name in (string[])
            ["libcuda.so.1", "libnvidia-ml.so.1", "libnvcuvid.so.1", "libnvidia-encode.so.1", "libEGL_nvidia.so.0",
             "libGLX_nvidia.so.0", "libnvidia-allocator.so.1", "libnvidia-ngx.so.1", "libnvidia-newthing.so.1"])
        {
            WriteLibrary($"{Folder}/{name[..name.LastIndexOf('.')]}.{Version}", name);
        }

        WriteLibrary($"{Folder}/vdpau/libvdpau_nvidia.so.{Version}", "libvdpau_nvidia.so.1");
        WriteLibrary($"{Folder}/libnvidia-egl-wayland.so.1.1.9", "libnvidia-egl-wayland.so.1");
        WriteLibrary($"{Folder}/libnvidia-egl-wayland.so.1.1.20", "libnvidia-egl-wayland.so.1");
        _tree.Link($"{Folder}/libnvidia-egl-wayland.so.1", "libnvidia-egl-wayland.so.1.1.20");
        WriteLibrary($"{Folder}/nvidia/xorg/nvidia_drv.so", null);
        WriteLibrary($"{Folder}/nvidia/xorg/libglxserver_nvidia.so.{Version}", null);
        _tree.Link($"{Folder}/nvidia/xorg/libglxserver_nvidia.so", $"libglxserver_nvidia.so.{Version}");
        foreach (var path in (string[])
            ["usr/bin/nvidia-smi", "usr/bin/nvidia-cuda-mps-control", "usr/bin/nvidia-xconfig", "etc/OpenCL/vendors/nvidia.icd",
             "usr/share/vulkan/icd.d/nvidia_icd.json", "usr/share/vulkan/icd.d/nvidia_icd.i686.json",
             "usr/share/vulkan/icd.d/radeon_icd.json", "usr/share/vulkan/implicit_layer.d/nvidia_layers.json",
             "usr/share/glvnd/egl_vendor.d/10_nvidia.json", "usr/share/glvnd/egl_vendor.d/50_mesa.json",
             "usr/share/egl/egl_external_platform.d/15_nvidia_gbm.json", "usr/share/nvidia/nvoptix.bin",
             "usr/share/X11/xorg.conf.d/nvidia-drm-outputclass.conf"])
        {
            _tree.Write(path);
        }
    }

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void Default_IsEveryLibraryOfTheDriverAndWhatComputingNeeds() => Assert.That(Find(null), Is.EquivalentTo(
    [
        $"{Libraries}libcuda.so.1", $"{Libraries}libcuda.so", $"{Libraries}libnvidia-ml.so.1", $"{Libraries}libnvcuvid.so.1",
        $"{Libraries}libnvcuvid.so", $"{Libraries}libnvidia-encode.so.1", $"{Libraries}libnvidia-encode.so",
        $"{Libraries}libEGL_nvidia.so.0", $"{Libraries}libGLX_nvidia.so.0", $"{Libraries}libGLX_indirect.so.0",
        $"{Libraries}libnvidia-allocator.so.1", $"{Libraries}libnvidia-ngx.so.1", $"{Libraries}libnvidia-newthing.so.1",
        $"{Tools}nvidia-smi", $"{Tools}nvidia-cuda-mps-control", "/etc/OpenCL/vendors/nvidia.icd",
    ]));

    [Test]
    public void Compute_IsCudaAndOpenCl() => Assert.That(Find(DriverCapabilities.Compute), Is.EquivalentTo(
    [
        $"{Libraries}libcuda.so.1", $"{Libraries}libcuda.so", $"{Libraries}libnvidia-allocator.so.1",
        $"{Libraries}libnvidia-newthing.so.1", $"{Tools}nvidia-cuda-mps-control", "/etc/OpenCL/vendors/nvidia.icd",
    ]));

    [Test]
    public void Utility_IsNvmlAndItsTool() => Assert.That(Find(DriverCapabilities.Utility), Is.EquivalentTo(
        [$"{Libraries}libnvidia-ml.so.1", $"{Libraries}libnvidia-newthing.so.1", $"{Tools}nvidia-smi"]));

    [Test]
    public void Video_HasVdpauTooAndTheNamesWithoutVersion() => Assert.That(Find(DriverCapabilities.Video), Is.EquivalentTo(
    [
        $"{Libraries}libnvcuvid.so.1", $"{Libraries}libnvcuvid.so", $"{Libraries}libnvidia-encode.so.1",
        $"{Libraries}libnvidia-encode.so", $"{Libraries}libvdpau_nvidia.so.1", $"{Libraries}libvdpau_nvidia.so",
        $"{Libraries}libnvidia-newthing.so.1",
    ]));

    [Test]
    public void Graphics_HasWhatTheLoadersOfVulkanAndEglLookFor() => Assert.That(Find(DriverCapabilities.Graphics), Is.EquivalentTo(
    [
        $"{Libraries}libEGL_nvidia.so.0", $"{Libraries}libGLX_nvidia.so.0", $"{Libraries}libGLX_indirect.so.0",
        $"{Libraries}libnvidia-allocator.so.1", $"{Libraries}libnvidia-newthing.so.1", $"{Libraries}libnvidia-egl-wayland.so.1",
        "/usr/lib/x86_64-linux-gnu/gbm/nvidia-drm_gbm.so", "/usr/lib64/gbm/nvidia-drm_gbm.so",
        "/etc/vulkan/icd.d/nvidia_icd.json", "/etc/vulkan/implicit_layer.d/nvidia_layers.json",
        "/usr/share/glvnd/egl_vendor.d/10_nvidia.json", "/usr/share/egl/egl_external_platform.d/15_nvidia_gbm.json",
        "/usr/share/nvidia/nvoptix.bin",
    ]));

    [Test]
    public void Graphics_LibraryWithAVersionOfItsOwn_IsTheOneThatTheLinkLeadsTo() => Assert.That(
        Search(DriverCapabilities.Graphics).Find(Version).Mounts, Does.Contain(new ReservedMount(
            Path.Combine(_tree.Root, Folder, "libnvidia-egl-wayland.so.1.1.20"), $"{Libraries}libnvidia-egl-wayland.so.1",
            IsReadOnly: true)));

    [Test]
    public void Display_HasTheModulesOfTheXServerAtTheirOwnPaths() => Assert.That(Find(DriverCapabilities.Display), Is.SupersetOf(
    (string[])[
        "/usr/lib/x86_64-linux-gnu/nvidia/xorg/nvidia_drv.so", "/usr/lib/x86_64-linux-gnu/nvidia/xorg/libglxserver_nvidia.so",
        $"/usr/lib/x86_64-linux-gnu/nvidia/xorg/libglxserver_nvidia.so.{Version}",
        "/usr/share/X11/xorg.conf.d/nvidia-drm-outputclass.conf", $"{Tools}nvidia-xconfig",
    ]));

    [Test]
    public void SeveralCapabilities_AddUpAndAllIsAllOfThem()
    {
        var all = Find(DriverCapabilities.All);
        foreach (var one in Enum.GetValues<DriverCapabilities>())
        {
            Assert.That(one == DriverCapabilities.None ? [] : Find(one), Is.SubsetOf(all));
        }

        Assert.That(Find(null), Is.SubsetOf(all));
    }

    [TestCase(DriverCapabilities.Compute, "libcuda.so.*", "libcuda.so.1")]
    [TestCase(DriverCapabilities.Utility, "libnvidia-ml.so.*", "has utility, and the loaded driver's libnvidia-ml.so.1")]
    [TestCase(DriverCapabilities.Video, "libnv*c*d*.so.*", "has video, and the loaded driver's libnvcuvid.so.1 or libnvidia-encode.so.1")]
    [TestCase(DriverCapabilities.Graphics, "lib*_nvidia.so.*", "has graphics, and the loaded driver's libGLX_nvidia.so.0 or libEGL_nvidia.so.0")]
    [TestCase(DriverCapabilities.Ngx, "libnvidia-ngx.so.*", "has ngx, and the loaded driver's libnvidia-ngx.so.1")]
    public void Capability_WithoutItsLibrary_IsAProblemForThoseWhoAskedForIt(
        DriverCapabilities capability, string files, string problem)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(_tree.Root, Folder), files))
        {
            File.Delete(file);
        }

        Assert.That(Search(capability).Find(Version).Problem, Does.Contain(problem).And.Contain(_tree.Root));
        var other = capability == DriverCapabilities.Utility ? DriverCapabilities.Compute : DriverCapabilities.Utility;
        Assert.That(Search(other).Find(Version).Problem, Is.Null);
    }

    [Test]
    public void DamagedLibrary_CountsWhereItIsWanted()
    {
        _tree.Write($"{Folder}/libnvidia-ngx.so.{Version}", ElfImage.Create("libnvidia-ngx.so.1")[..0x200]);

        Assert.That(Search(DriverCapabilities.Compute).Find(Version).Problem, Is.Null);
        Assert.That(Search(DriverCapabilities.Ngx).Find(Version).Problem, Does.Contain("libnvidia-ngx.so"));
    }

    [Test]
    public void File_ThatComesOrGoes_IsSeen()
    {
        var search = Search(DriverCapabilities.Graphics);
        var layers = Path.Combine(_tree.Root, "usr/share/vulkan/implicit_layer.d/nvidia_layers.json");
        Assert.That(search.Find(Version).Mounts, Has.Some.Property("HostPath").EqualTo(layers));

        File.Delete(layers);
        Assert.That(search.Find(Version).Mounts, Has.None.Property("HostPath").EqualTo(layers));

        _tree.Write("etc/vulkan/implicit_layer.d/nvidia_layers.json");
        Assert.That(
            search.Find(Version).Mounts.Select(mount => mount.HostPath),
            Does.Contain(Path.Combine(_tree.Root, "etc/vulkan/implicit_layer.d/nvidia_layers.json")));
    }

    private string[] Find(DriverCapabilities? capabilities)
    {
        var files = (capabilities is { } wanted ? Search(wanted) : new DriverFileSearch(_tree.Root)).Find(Version);
        Assert.That(files.Problem, Is.Null);
        Assert.That(files.Mounts, Has.All.Matches<ReservedMount>(mount => mount is { IsReadOnly: true } && File.Exists(mount.HostPath)));
        return [.. files.Mounts.Select(mount => mount.TaskPath)];
    }

    private DriverFileSearch Search(DriverCapabilities capability) => new(_tree.Root, capability, capability);

    private void WriteLibrary(string path, string? name) => _tree.Write(path, ElfImage.Create(name));
}
