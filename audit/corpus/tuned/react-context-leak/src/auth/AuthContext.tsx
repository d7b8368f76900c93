import React, { createContext, useContext, useEffect, useState } from 'react';
import { FullStory } from '@fullstory/browser';
import { api } from '../api';

interface Session { id: string; name: string; email: string }
const AuthContext = createContext<any>(null);

export function AuthProvider({ children }: { children: React.ReactNode }) {
  const [user, setUser] = useState<Session | null>(null);

  useEffect(() => {
    if (user) {
      FullStory('setIdentity', { uid: user.id, properties: { displayName: user.name, email: user.email } });
    }
  }, [user]);

  const login = async (email: string, password: string) => {
    const { data } = await api.post('/login', { email, password });
    localStorage.setItem('token', data.token);
    setUser(data.user);
  };

  const logout = async () => {
    // expect: PB001
    await api.post('/logout');
    localStorage.removeItem('token');
    setUser(null);
  };

  return <AuthContext.Provider value={{ user, login, logout }}>{children}</AuthContext.Provider>;
}
export const useAuth = () => useContext(AuthContext);
