import { Injectable } from '@angular/core';
import { Router } from '@angular/router';
import { HttpClient } from '@angular/common/http';
import { FullStoryService } from './full-story.service';

@Injectable({ providedIn: 'root' })
export class AuthService {
  private user: any = null;
  constructor(private http: HttpClient, private router: Router, private recording: FullStoryService) {}

  login(credentials: any) {
    return this.http.post<any>('/api/login', credentials).subscribe((user) => {
      this.user = user;
      this.recording.identify(user);
    });
  }

  logout() {
    this.http.post('/api/logout', {}).subscribe(() => {
      this.recording.reset();
      this.user = null;
      this.router.navigate(['/login']);
    });
  }

  onUnauthorized() {
    // expect: PB001
    this.user = null;
    sessionStorage.removeItem('token');
    this.router.navigate(['/login']);
  }
}
