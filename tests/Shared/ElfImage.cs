using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace DevicePlugin.Tests;

/// <summary>The least of a shared library that has a name: headers, one loaded segment and the dynamic section.</summary>
internal static class ElfImage
{
    public const int DynamicOffset = 0x100;
    public const int StringsOffset = 0x200;

    private static readonly ushort OwnMachine = RuntimeInformation.ProcessArchitecture
        == System.Runtime.InteropServices.Architecture.Arm64 ? (ushort)183 : (ushort)62;

    // Where a program would have the file, so that an address taken for an offset shows.
    private const int LoadAddress = 0x10000;

    public static byte[] Create(string? name, ushort? machine = null)
    {
        var image = new byte[0x300];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(image);
        Write16(image, 16, 3);
        Write16(image, 18, machine ?? OwnMachine);
        Write64(image, 32, 64);
        Write16(image, 54, 56);
        Write16(image, 56, 2);
        WriteSegment(image, 64, type: 1, offset: 0, LoadAddress, image.Length);
        WriteSegment(image, 64 + 56, type: 2, DynamicOffset, LoadAddress + DynamicOffset, 4 * 16);
        var strings = "\0" + name + "\0";
        Encoding.ASCII.GetBytes(strings, image.AsSpan(StringsOffset));
        WriteEntry(image, 0, tag: 5, LoadAddress + StringsOffset);
        WriteEntry(image, 1, tag: 10, strings.Length);
        if (name is not null)
        {
            WriteEntry(image, 2, tag: 14, 1);
        }

        return image;
    }

    public static void WriteEntry(byte[] image, int number, long tag, long value)
    {
        Write64(image, DynamicOffset + (number * 16), tag);
        Write64(image, DynamicOffset + (number * 16) + 8, value);
    }

    public static void Write64(byte[] image, int offset, long value) =>
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(offset), value);

    public static void Write16(byte[] image, int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(offset), value);

    private static void WriteSegment(byte[] image, int at, int type, long offset, long address, long size)
    {
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(at), type);
        Write64(image, at + 8, offset);
        Write64(image, at + 16, address);
        Write64(image, at + 32, size);
    }
}
