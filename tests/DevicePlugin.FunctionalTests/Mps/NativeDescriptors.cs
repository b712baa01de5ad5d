using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.FunctionalTests.Mps;

internal static partial class NativeDescriptors
{
    private const int SetFlags = 2;

    /// <summary>Takes the mark away with which .NET keeps a descriptor from children.</summary>
    public static int LetInherit(SafeFileHandle handle) => Control(handle, SetFlags, 0);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeFileHandle handle, int command, int argument);
}
