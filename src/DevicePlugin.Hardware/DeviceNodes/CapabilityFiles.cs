using System.Collections.Frozen;
using DevicePlugin.Gpu.Reservations;
using static DevicePlugin.Gpu.Reservations.DriverCapabilities;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// Which of the driver's files a capability is made of (libnvidia-container src/nvc_info.c and nvidia-container-toolkit
/// pkg/nvcdi/driver-nvml.go, internal/discover/graphics.go).
/// </summary>
internal static class CapabilityFiles
{
    /// <summary>In the order in which they are mounted.</summary>
    public static readonly (string Name, DriverCapabilities Of)[] Tools =
    [
        ("nvidia-smi", Utility), ("nvidia-debugdump", Utility), ("nvidia-persistenced", Utility),
        ("nvidia-cuda-mps-control", Compute), ("nvidia-cuda-mps-server", Compute), ("nvidia-xconfig", Display),
    ];

    /// <summary>Libraries of the driver that have a version of their own.</summary>
    public static readonly (string Pattern, DriverCapabilities Of)[] Unversioned =
    [
        ("libnvidia-nvvm70.so.*", Compute), ("libnvidia-egl-*.so.*", Graphics), ("libnvidia-api.so.1", Graphics),
    ];

    private static readonly FrozenDictionary<string, DriverCapabilities> Libraries = Entries().ToFrozenDictionary(StringComparer.Ordinal);

    // Any one of the libraries is enough; a capability that is not listed needs none.
    private static readonly (DriverCapabilities Of, string[] Libraries)[] Needed =
    [
        (Compute, ["libcuda.so.1"]), (Utility, ["libnvidia-ml.so.1"]), (Video, ["libnvcuvid.so.1", "libnvidia-encode.so.1"]),
        (Graphics, ["libGLX_nvidia.so.0", "libEGL_nvidia.so.0"]), (Ngx, ["libnvidia-ngx.so.1"]),
    ];

    /// <summary>
    /// Whether a library belongs to what is wanted. One that is in no list does, since a newer driver may need it for anything.
    /// </summary>
    /// <param name="file">Its name, with or without versions.</param>
    /// <param name="wanted">Null: all libraries.</param>
    public static bool Has(string file, DriverCapabilities? wanted) =>
        wanted is not { } capabilities || !Libraries.TryGetValue(LibraryLinks.StemOf(file), out var of) || (of & capabilities) != 0;

    /// <summary>The first capability whose library is missing, and the libraries of which one would do.</summary>
    public static (string Word, string Libraries)? FindLack(DriverCapabilities needed, Func<string, bool> has)
    {
        foreach (var (of, libraries) in Needed)
        {
            if ((needed & of) != 0 && !libraries.Any(has))
            {
                return (DriverCapabilityWords.Of(of), string.Join(" or ", libraries));
            }
        }

        return null;
    }

    private static IEnumerable<KeyValuePair<string, DriverCapabilities>> Entries()
    {
        (DriverCapabilities Of, string Names)[] lists =
        [
            (Utility, "libnvidia-ml libnvidia-cfg libnvidia-nscq libnvidia-sandboxutils"),
            (Compute, "libcuda libcudadebugger libnvidia-opencl libnvidia-ptxjitcompiler libnvidia-fatbinaryloader libnvidia-compiler "
                + "libnvidia-pkcs11 libnvidia-pkcs11-openssl3 libnvidia-nvvm libnvidia-nvvm70 libnvidia-tileiras"),
            (Compute | Graphics | Display, "libnvidia-allocator libnvidia-gpucomp"),
            (Video, "libvdpau_nvidia libnvidia-encode libnvidia-opticalflow libnvcuvid"),
            (Graphics, "libnvidia-fbc libnvidia-ifr libnvidia-rtcore libnvoptix libnvidia-cbl libnvidia-glvkspirv libnvidia-present "
                + "libnvidia-vulkan-producer libnvidia-wayland-client libGLESv1_CM_nvidia libGLESv2_nvidia libGLESv1_CM libGLESv2 "
                + "libnvidia-api"),
            (Graphics | Display, "libGL libEGL libGLX_nvidia libEGL_nvidia libnvidia-eglcore libnvidia-glcore libnvidia-glsi "
                + "libnvidia-tls"),
            (Display, "libglxserver_nvidia libnvidia-wfb libnvidia-gtk2 libnvidia-gtk3"),
            (Ngx, "libnvidia-ngx"),
        ];
        return lists.SelectMany(list => list.Names.Split(' ').Select(name => KeyValuePair.Create($"{name}.so", list.Of)));
    }
}
