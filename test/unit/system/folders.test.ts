import assert from 'node:assert/strict';
import { userDataFolder } from '../../../src/system/folders';

describe('the folder for data without an editor', () => {
  it('is the one each system has for it', () => {
    const home = () => '/home/ü';
    assert.equal(userDataFolder({}, home, 'linux'), '/home/ü/.local/share');
    assert.equal(userDataFolder({ XDG_DATA_HOME: '/data' }, home, 'linux'), '/data');
    assert.equal(userDataFolder({ XDG_DATA_HOME: '/data' }, home, 'darwin'), '/home/ü/Library/Application Support');
    assert.equal(
      userDataFolder({}, () => 'C:\\Users\\Jörg M', 'win32'),
      'C:\\Users\\Jörg M\\AppData\\Local',
    );
    assert.equal(userDataFolder({ LOCALAPPDATA: '\\\\server\\profiles\\j' }, home, 'win32'), '\\\\server\\profiles\\j');
  });
});
