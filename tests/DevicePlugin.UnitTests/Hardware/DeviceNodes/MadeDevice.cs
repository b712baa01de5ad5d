using System.Diagnostics;
using System.Globalization;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

/// <summary>A device node with any numbers, for those that no node of the kernel has.</summary>
internal static class MadeDevice
{
    public static void Create(string path, int major, int minor)
    {
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the user root", "sudo");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var mknod = Process.Start(
            "mknod", [path, "c", major.ToString(CultureInfo.InvariantCulture), minor.ToString(CultureInfo.InvariantCulture)]);
        mknod.WaitForExit();
        Assert.That(mknod.ExitCode, Is.Zero);
    }
}
