/**
 * The inode of something without a name (a pipe, a socket, a stream), so that a link of /proc/self/fd can
 * lead to it.
 */

import type { Cloning } from "./cloning.ts";
import type { Access, Attributes, FileKind, FileObject } from "./file_object.ts";
import { Inode } from "./inode.ts";
import type { Superblock } from "./superblock.ts";

/** What a link to an open file without a name leads to. */
export class NamelessObject extends Inode {
  override readonly kind: FileKind;
  override readonly superblock: Superblock;
  /** What it stands for. */
  readonly object: FileObject;

  /** `superblock`: of the link. */
  constructor(superblock: Superblock, object: FileObject) {
    super(object.attributes());
    this.kind = object.kind;
    this.superblock = superblock;
    this.object = object;
  }

  override comesBackWith(): boolean {
    return false;
  }

  override attributes(): Attributes {
    return this.object.attributes();
  }

  /** Opens the thing once more. */
  override openObject(access: Access): FileObject {
    return this.object.reopened(access);
  }

  override clone(cloning: Cloning): NamelessObject {
    return cloning.once(this, () => {
      const superblock = this.superblock.clone(this.superblock.environment, cloning);
      return new NamelessObject(superblock, this.object.clone(cloning));
    });
  }
}
