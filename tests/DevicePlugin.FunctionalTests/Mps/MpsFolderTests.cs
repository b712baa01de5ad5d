using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using DevicePlugin.Hardware.Mps;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Mps;

/// <summary>Folders in which root's daemon writes.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class MpsFolderTests
{
    private const UnixFileMode OpenToAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _folder = Directory.CreateTempSubdirectory("mf").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Make_UnderAnyUmask_IsOpenToTasksWithItsParents()
    {
        var path = Path.Combine(_folder, "mps", "0", "pipe");
        var before = SetMask(0x3F);
        try
        {
            Assert.That(MpsFolder.Make(path), Is.Null);
        }
        finally
        {
            _ = SetMask(before);
        }

        foreach (var made in (string[])["mps", "mps/0", "mps/0/pipe"])
        {
            Assert.That(File.GetUnixFileMode(Path.Combine(_folder, made)), Is.EqualTo(OpenToAll), made);
        }

        Assert.That(MpsFolder.Make(path), Is.Null, "again");
    }

    [Test]
    public void Make_ALinkInItsPlace_IsRefused([Values] bool leadsToAFolder)
    {
        var path = Path.Combine(_folder, "log");
        File.CreateSymbolicLink(path, leadsToAFolder ? "/var" : "/nowhere/log");

        Assert.That(MpsFolder.Make(path), Does.EndWith("is a link"));
    }

    [Test]
    public void Make_WhatOthersMayWrite_IsRefused([Values("log", "parent")] string which)
    {
        var path = Path.Combine(_folder, "parent", "log");
        Directory.CreateDirectory(path);
        var open = which == "log" ? path : Path.GetDirectoryName(path)!;
        File.SetUnixFileMode(open, OpenToAll | UnixFileMode.OtherWrite);

        Assert.That(MpsFolder.Make(path), Is.EqualTo($"\"{open}\" is writable by users other than root"));
    }

    [Test]
    public void Make_InAFolderLikeTmp_IsWellUnlessSomebodyElseMadeIt()
    {
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the user root", "sudo");
        File.SetUnixFileMode(_folder, OpenToAll | UnixFileMode.OtherWrite | UnixFileMode.StickyBit);
        Assert.That(MpsFolder.Make(Path.Combine(_folder, "ours")), Is.Null);

        var theirs = Path.Combine(_folder, "nvidia-log");
        Directory.CreateDirectory(theirs);
        using (var chown = Process.Start("chown", ["65534", theirs]))
        {
            chown.WaitForExit();
        }

        Assert.That(MpsFolder.Make(theirs), Is.EqualTo($"\"{theirs}\" belongs to user 65534 and not to root"));
    }

    [Test]
    public void Make_AFileInItsPlace_IsRefused()
    {
        var path = Path.Combine(_folder, "log");
        File.WriteAllText(path, "");

        Assert.That(MpsFolder.Make(path), Does.EndWith("is not a folder"));
        Assert.That(MpsFolder.Make(Path.Combine(path, "deeper")), Does.EndWith("is not a folder"));
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
