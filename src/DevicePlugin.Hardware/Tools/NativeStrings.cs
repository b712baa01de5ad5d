using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Tools;

/// <summary>A list of strings as C's <c>argv</c> and <c>envp</c> are.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly nint[] _strings;
    private GCHandle _pinned;

    public NativeStrings(string[] strings)
    {
        // The last stays null: it ends the list.
        _strings = new nint[strings.Length + 1];
        for (var index = 0; index < strings.Length; index++)
        {
            _strings[index] = Marshal.StringToCoTaskMemUTF8(strings[index]);
        }

        _pinned = GCHandle.Alloc(_strings, GCHandleType.Pinned);
    }

    public byte** Pointer => (byte**)_pinned.AddrOfPinnedObject();

    public void Dispose()
    {
        _pinned.Free();
        foreach (var text in _strings)
        {
            Marshal.FreeCoTaskMem(text);
        }
    }
}
